"""What is on order at a supplier, on its page."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q

from common.admin_columns import day
from common.admin_tables import PageTable, link_to, link_to_list
from common.documents.words import money
from common.permissions import Can
from purchasing.models import PurchaseOrder
from suppliers.models import Supplier
from suppliers.pages import show_on_suppliers

SHOWN = 25
COLUMNS = (
    "Order", "Warehouse", "Status", "Expected", "Lines still to come", "Total",
)  # fmt: skip


@show_on_suppliers
def open_orders_of(supplier: Supplier, user: Any) -> list[PageTable]:
    """Show the open orders in the user's warehouses, those that should come first on top."""
    if not user.can(Can.VIEW_PURCHASE_ORDERS):
        return []
    lacking = Count("items", filter=Q(items__quantity_ordered__gt=F("items__quantity_received")))
    orders = (
        PurchaseOrder.objects.visible_to(user)
        .filter(supplier=supplier)
        .exclude(status__in=PurchaseOrder.FINAL)
        .select_related("warehouse")
        .annotate(lacking=lacking)
        .order_by("expected_delivery_date", "pk")
    )
    shown = list(orders[: SHOWN + 1])
    return [
        PageTable(
            title="Open orders" if len(shown) <= SHOWN else f"Open orders: the first {SHOWN}",
            columns=COLUMNS,
            rows=[cells(order) for order in shown[:SHOWN]],
            empty="Nothing is on order here.",
            more=link_to_list(PurchaseOrder, f"?q={supplier.code}", "All orders"),
        )
    ]


def cells(order: Any) -> list[Any]:
    late = f", {order.days_late} days late" if order.is_late else ""
    total: Decimal = order.total_amount
    return [
        link_to(order),
        order.warehouse.code,
        order.get_status_display(),
        f"{day(order.expected_delivery_date)}{late}",
        order.lacking,
        money(total, order.currency),
    ]
