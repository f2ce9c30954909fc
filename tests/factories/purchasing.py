from decimal import Decimal

from common.models import CompanySettings
from inventory.models import Stock, StockMovement
from purchasing.models import PurchaseOrder
from purchasing.queries import incoming_by_stock
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import create_purchase_order
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from purchasing.services.transitions import (
    cancel_purchase_order,
    confirm_purchase_order,
    send_purchase_order,
    ship_purchase_order,
)
from tests.factories.inventory import VariationFactory
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory


def make_order(*quantities, status="draft", variations=None, **wanted) -> PurchaseOrder:
    """Make an order through the services: a line a quantity (10), brought to a status."""
    quantities = quantities or (10,)
    variations = variations or [VariationFactory() for _ in quantities]
    actor = wanted.pop("acting_user", None) or UserFactory(role="manager")
    order = create_purchase_order(
        supplier=wanted.pop("supplier", None) or SupplierFactory(),
        warehouse=wanted.pop("warehouse", None) or WarehouseFactory(),
        lines=[
            OrderLine(
                variation=variation, quantity_ordered=Decimal(quantity), unit_cost=Decimal("2.5")
            )
            for variation, quantity in zip(variations, quantities, strict=True)
        ],
        acting_user=actor,
        **wanted,
    )
    return bring_to(order, status, actor)


def bring_to(order, status, acting_user) -> PurchaseOrder:
    steps = {
        "draft": [],
        "sent": [send_purchase_order],
        "confirmed": [send_purchase_order, confirm_purchase_order],
        "shipped": [send_purchase_order, ship_purchase_order],
        "partially_received": [send_purchase_order, receive_one],
        "received": [send_purchase_order, receive_purchase_order],
        "cancelled": [send_purchase_order, cancel_purchase_order],
    }
    for step in steps[status]:
        step(order=order, acting_user=acting_user)
    order.refresh_from_db()
    return order


def receive_one(*, order, acting_user) -> None:
    line = ReceiptLine(item_id=order.items.first().pk, quantity_accepted=Decimal(1))
    receive_purchase_order(order=order, lines=[line], acting_user=acting_user)


def limit(amount) -> None:
    """Let orders above an amount wait for somebody else's approval; None for no limit."""
    CompanySettings.objects.update_or_create(pk=1, defaults={"purchase_approval_limit": amount})


def facts(order):
    """Return everything that a step could change."""
    return (
        list(PurchaseOrder.objects.filter(pk=order.pk).values()),
        list(order.items.values()),
        list(order.receipts.values()),
        list(Stock.objects.order_by("pk").values()),
        StockMovement.objects.count(),
    )


def incoming_of_balances():
    return sorted(
        Stock.objects.filter(incoming__gt=0).values_list("variation", "warehouse", "incoming")
    )


def incoming_of_orders():
    return sorted(
        (row["variation_id"], row["warehouse_id"], row["quantity"]) for row in incoming_by_stock()
    )
