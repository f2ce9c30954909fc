"""An order's row lock and the statuses it may take."""

from common.exceptions import WrongState
from sales.models import SalesOrder


def lock_order(order: SalesOrder) -> SalesOrder:
    """Lock an order's row until the transaction ends and return it as it is now.

    Always before the balances of the ledger, never after.
    """
    locked: SalesOrder = SalesOrder.objects.select_for_update(no_key=True).get(pk=order.pk)
    return locked


def require_open(order: SalesOrder, target: str) -> None:
    """Raise WrongState, naming what is lawful, unless something may still be delivered."""
    if not order.is_open:
        raise wrong_transition(order, target)


def wrong_transition(order: SalesOrder, target: str) -> WrongState:
    lawful = ", ".join(order.allowed_transitions)
    remedy = f"It can become: {lawful}." if lawful else "It cannot change its status any more."
    return WrongState(
        f"{order.order_number} is {order.status} and cannot become {target}. {remedy}",
        {"status": [remedy]},
    )
