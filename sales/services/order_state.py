"""An order's row lock, and what its status permits."""

from django.db.models import BigIntegerField

from common.compiled_queries import CompiledQuery, Given
from common.exceptions import WrongState
from sales.models import SalesOrder
from sales.order_states import CANCELLED, FULFILLED

# What an action would make of an order, and what else to call one that makes nothing of it.
TARGETS = {"fulfill": FULFILLED, "cancel": CANCELLED}
DEEDS = {
    "change_items": "its lines cannot change",
    "prioritise": "its priority and the end of its reservation cannot change",
    "reserve": "it reserves nothing",
    "allocate": "it reserves nothing",
    "return": "nothing has left for it that could come back",
}
LOCK = CompiledQuery(
    lambda: (
        SalesOrder.objects.select_for_update(no_key=True)
        .filter(pk=Given("key", BigIntegerField()))
        .order_by()
    )
)


def lock_order(order: SalesOrder) -> SalesOrder:
    """Lock an order's row until the transaction ends and return it as it is now.

    Always before the balances of the ledger, never after.
    """
    locked: SalesOrder | None = LOCK.first(key=order.pk)
    if locked is None:
        raise SalesOrder.DoesNotExist(f"There is no sales order {order.pk}.")
    return locked


def require_action(order: SalesOrder, action: str) -> None:
    """Raise WrongState, naming what is lawful, unless the order's status permits an action."""
    lawful = order.allowed_actions
    if action in lawful:
        return
    if action in TARGETS:
        raise wrong_transition(order, TARGETS[action])
    remedy = f"Lawful now: {', '.join(lawful)}." if lawful else "Nothing can be done with it."
    text = f"{order.order_number} is {order.status}: {DEEDS[action]}. {remedy}"
    raise WrongState(text, {"status": [remedy]})


def wrong_transition(order: SalesOrder, target: str) -> WrongState:
    lawful = ", ".join(order.allowed_transitions)
    remedy = f"It can become: {lawful}." if lawful else "It cannot change its status any more."
    if target == CANCELLED and "cancel" in order.allowed_actions:
        remedy += " Goods have left for it: the action `cancel` cancels what is outstanding."
    return WrongState(
        f"{order.order_number} is {order.status} and cannot become {target}. {remedy}",
        {"status": [remedy]},
    )
