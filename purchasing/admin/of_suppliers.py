"""What is on order at a supplier, on its page."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q

from common.admin_columns import day
from common.admin_links import link_to, link_to_list
from common.admin_tables import PageTable
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
    total: Decimal = order.total_amount
    return [
        link_to(order),
        order.warehouse.code,
        order.get_status_display(),
        expected_on(order),
        order.lacking,
        money(total, order.currency),
    ]


def expected_on(order: PurchaseOrder) -> str:
    """Say on which day an order is expected, and how late it is."""
    days = order.days_late
    late = f", {days} day{'' if days == 1 else 's'} late" if days else ""
    return f"{day(order.expected_delivery_date)}{late}"
