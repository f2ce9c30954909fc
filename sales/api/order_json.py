"""A whole order as JSON without models and serializers between, several times as fast.

SalesOrderSerializer describes it.
"""

from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import BigIntegerField

from common.compiled_queries import CompiledQuery, Given
from common.row_versions import RowVersion
from inventory.api.movement_rows import json_time
from inventory.api.stock_serializers import user_code
from sales.api.fields import priority_word
from sales.models import Fulfilment, FulfilmentItem, SalesOrder, SalesOrderItem
from sales.order_states import ACTIONS, TRANSITIONS

KEY = Given("key", BigIntegerField())
HEADER = (
    "id", "order_number", "warehouse__code", "status", "priority", "order_date",
    "reserved_until", "reservation_expired_at", "customer_email", "customer_id", "channel",
    "region", "promotion_applied", "promotion_details", "currency", "total_amount",
    "created_by_id", "notes", "created_at", "updated_at",
)  # fmt: skip
ITEM = (
    "id", "position", "variation__product__code", "variation__product__name",
    "variation__sku_code", "quantity", "quantity_fulfilled", "quantity_cancelled",
    "quantity_reserved", "quantity_returned", "sale_price_per_unit", "discount_percent",
    "line_total", "credited_amount",
)  # fmt: skip
ORDER = CompiledQuery(
    lambda: (
        SalesOrder.objects.filter(pk=KEY)
        .order_by()
        .annotate(row_version=RowVersion())
        .values(*HEADER, "row_version")[:1]
    )
)
ITEMS = CompiledQuery(
    lambda: SalesOrderItem.objects.with_reserved().filter(order_id=KEY).values(*ITEM)
)
LEFT = (
    "fulfilment_id", "fulfilment__occurred_at", "fulfilment__recorded_at",
    "fulfilment__fulfilled_by_id", "order_item__position",
    "order_item__variation__product__code", "order_item__variation__product__name",
    "order_item__variation__sku_code", "quantity", "unit_cost", "warehouse__code",
)  # fmt: skip
# A fulfilment has at least one line.
FULFILMENTS = CompiledQuery(
    lambda: (
        FulfilmentItem.objects.filter(fulfilment__order_id=KEY)
        .order_by("fulfilment_id", "pk")
        .values(*LEFT)
    )
)


def order_as_json(key: int) -> dict[str, Any]:
    """Read an order with its items and deliveries, in three queries, and show it."""
    order = ORDER.first(key=key)
    is_open = order["status"] in SalesOrder.OPEN
    items = [item_as_json(item, is_open) for item in ITEMS.all(key=key)]
    credited = sum((item["credited_amount"] for item in items), Decimal(0))
    return {
        "id": order["id"],
        "order_number": order["order_number"],
        "warehouse": order["warehouse__code"],
        "status": order["status"],
        "priority": priority_word(order["priority"]),
        "order_date": json_time(order["order_date"]),
        "reserved_until": time_or_none(order["reserved_until"]),
        "reservation_expired_at": time_or_none(order["reservation_expired_at"]),
        "customer_email": order["customer_email"],
        "customer_id": order["customer_id"],
        "channel": order["channel"],
        "region": order["region"],
        "promotion_applied": order["promotion_applied"],
        "promotion_details": order["promotion_details"],
        "currency": order["currency"],
        "total_amount": order["total_amount"],
        "credited_amount": credited,
        "net_amount": order["total_amount"] - credited,
        "item_count": len(items),
        "created_by": user_code(order["created_by_id"]),
        "notes": order["notes"],
        "created_at": json_time(order["created_at"]),
        "updated_at": json_time(order["updated_at"]),
        "allowed_transitions": [*TRANSITIONS[order["status"]]],
        "allowed_actions": [*ACTIONS[order["status"]]],
        "items": items,
        "fulfilments": [
            fulfilment_as_json([*lines])
            for _, lines in groupby(FULFILMENTS.all(key=key), itemgetter("fulfilment_id"))
        ],
        "version": order["row_version"],
    }


def time_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else json_time(moment)


def item_as_json(item: dict[str, Any], is_open: bool) -> dict[str, Any]:
    outstanding = item["quantity"] - item["quantity_fulfilled"] - item["quantity_cancelled"]
    return {
        "id": item["id"],
        "line": item["position"],
        "product_id": item["variation__product__code"],
        "product_name": item["variation__product__name"],
        "sku": item["variation__sku_code"],
        "quantity": item["quantity"],
        "quantity_sold": item["quantity"],
        "quantity_fulfilled": item["quantity_fulfilled"],
        "quantity_cancelled": item["quantity_cancelled"],
        "quantity_reserved": item["quantity_reserved"],
        "quantity_backordered": outstanding - item["quantity_reserved"] if is_open else Decimal(0),
        "quantity_returned": item["quantity_returned"],
        "quantity_net": item["quantity_fulfilled"] - item["quantity_returned"],
        "sale_price_per_unit": item["sale_price_per_unit"],
        "discount_percent": item["discount_percent"],
        "line_total": item["line_total"],
        "credited_amount": item["credited_amount"],
    }


def fulfilment_as_json(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Show what left together, of which these are the lines."""
    first = lines[0]
    return {
        "code": Fulfilment(pk=first["fulfilment_id"]).code,
        "occurred_at": json_time(first["fulfilment__occurred_at"]),
        "recorded_at": json_time(first["fulfilment__recorded_at"]),
        "fulfilled_by": user_code(first["fulfilment__fulfilled_by_id"]),
        "items": [
            {
                "line": line["order_item__position"],
                "product_id": line["order_item__variation__product__code"],
                "product_name": line["order_item__variation__product__name"],
                "sku": line["order_item__variation__sku_code"],
                "quantity": line["quantity"],
                "unit_cost": line["unit_cost"],
                "warehouse": line["warehouse__code"],
            }
            for line in lines
        ],
    }
