"""Where a lot came from and where it went: documents, customers, and what is left."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Sum

from inventory.models import Lot, LotQuarantine, StockMovement
from purchasing.models import PurchaseOrder
from sales.models import SalesOrder, SalesReturnItem

Group = dict[str, Any]
ZERO = Decimal(0)


def recall(lot: Lot, user: Any) -> dict[str, Any]:
    """Return the trace of a lot through the warehouses that a user may see.

    `received_from`: deliveries with their suppliers; `sold_to`: sales orders with their
    customers, and what came back; `other_movements`: transfers, returns, corrections and whatever
    else. Each is one row a document and warehouse; six queries for any number of them.
    """
    groups = list(
        StockMovement.objects.visible_to(user)
        .filter(lot=lot)
        .order_by()
        .values(
            "movement_type", "reference_type", "reference_code", "reason_code", "warehouse__code"
        )
        .annotate(
            quantity=Sum("quantity"),
            movements=Count("pk"),
            first_at=Min("occurred_at"),
            last_at=Max("occurred_at"),
        )
        .order_by("first_at", "reference_code", "warehouse__code")
    )  # fmt: skip
    sold = of_type(groups, "sales_order")
    received = of_type(groups, "purchase_order")
    told = [id(group) for group in (*sold, *received)]
    return {
        "received_from": with_suppliers(received, user),
        "sold_to": with_customers(sold, lot, user),
        "other_movements": [shown(group) for group in groups if id(group) not in told],
        "quarantines": list(
            LotQuarantine.objects.visible_to(user).filter(lot=lot).select_related("warehouse")
        ),
        "expiry_changes": list(lot.expiry_changes.all()),
    }


def of_type(groups: Iterable[Group], reference_type: str) -> list[Group]:
    return [group for group in groups if group["reference_type"] == reference_type]


def shown(group: Group) -> Group:
    return {
        **{name: value for name, value in group.items() if name != "warehouse__code"},
        "warehouse": group["warehouse__code"],
    }


def with_suppliers(received: list[Group], user: Any) -> list[Group]:
    codes = [group["reference_code"] for group in received]
    orders = PurchaseOrder.objects.visible_to(user).filter(order_number__in=codes)
    suppliers = {
        number: {"supplier_id": code, "supplier_name": name}
        for number, code, name in orders.order_by().values_list(
            "order_number", "supplier__code", "supplier__company_name"
        )
    }
    return [{**shown(group), **suppliers.get(group["reference_code"], {})} for group in received]


def with_customers(sold: list[Group], lot: Lot, user: Any) -> list[Group]:
    """Return a row an order: who has how much of the lot."""
    numbers = [group["reference_code"] for group in sold]
    found = SalesOrder.objects.visible_to(user).filter(order_number__in=numbers).order_by()
    orders = {order.order_number: order for order in found}
    returned = returned_by_order(lot, found)
    rows = []
    for group in sold:
        number = group["reference_code"]
        order, came_back = orders.get(number), returned.get(number, ZERO)
        rows.append(
            {
                "order_number": number,
                "customer_id": order.customer_id if order else "",
                "customer_email": order.customer_email if order else "",
                "warehouse": group["warehouse__code"],
                "quantity_sold": -group["quantity"],
                "quantity_returned": came_back,
                "quantity_with_customer": -group["quantity"] - came_back,
                "first_at": group["first_at"],
                "last_at": group["last_at"],
            }
        )
    return rows


def returned_by_order(lot: Lot, orders: Any) -> dict[str, Decimal]:
    """Return what of a lot came back for orders, to stock or to scrap."""
    rows = SalesReturnItem.objects.filter(
        order_item__order__in=orders.values("pk"),
        order_item__variation=lot.variation_id,
        lot_number=lot.lot_number,
    )
    totals = rows.order_by().values_list("order_item__order__order_number")
    return dict(totals.annotate(total=Sum("quantity")))
