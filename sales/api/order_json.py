"""A whole order as JSON without models and serializers between, several times as fast.

Its lines and what left are written by the database. SalesOrderSerializer describes it.
"""

from datetime import datetime
from typing import Any

import orjson

from common.compiled_queries import prepared_cursor
from inventory.api.movement_rows import json_time
from inventory.api.stock_serializers import user_code
from sales.api.fields import priority_word
from sales.models import Fulfilment, SalesOrder
from sales.order_states import ACTIONS, TRANSITIONS

HEADER = (
    "id", "order_number", "warehouse", "status", "priority", "order_date", "reserved_until",
    "reservation_expired_at", "customer_email", "customer_id", "channel", "region",
    "promotion_applied", "promotion_details", "currency", "total_amount", "credited_amount",
    "item_count", "created_by", "notes", "created_at", "updated_at", "items", "version",
)  # fmt: skip
# Numbers stand without the zeros at their end, as everywhere in JSON.
ORDER = """
    SELECT o.id, o.order_number, w.code, o.status, o.priority, o.order_date, o.reserved_until,
           o.reservation_expired_at, o.customer_email, o.customer_id, o.channel, o.region,
           o.promotion_applied, o.promotion_details::text, o.currency, o.total_amount,
           ordered.credited, ordered.number, o.created_by_id, o.notes, o.created_at, o.updated_at,
           ordered.lines, o.xmin::text::bigint
    FROM sales_salesorder o
    JOIN warehouses_warehouse w ON w.id = o.warehouse_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, COALESCE(sum(i.credited_amount), 0) AS credited,
               COALESCE(json_agg(json_build_object(
                   'id', i.id,
                   'line', i.position,
                   'product_id', p.code,
                   'product_name', p.name,
                   'sku', v.sku_code,
                   'quantity', trim_scale(i.quantity),
                   'quantity_sold', trim_scale(i.quantity),
                   'quantity_fulfilled', trim_scale(i.quantity_fulfilled),
                   'quantity_cancelled', trim_scale(i.quantity_cancelled),
                   'quantity_reserved', trim_scale(held.quantity),
                   'quantity_backordered', CASE
                       WHEN o.status IN ('pending', 'partially_fulfilled') THEN trim_scale(
                           i.quantity - i.quantity_fulfilled - i.quantity_cancelled - held.quantity)
                       ELSE 0 END,
                   'quantity_returned', trim_scale(i.quantity_returned),
                   'quantity_net', trim_scale(i.quantity_fulfilled - i.quantity_returned),
                   'sale_price_per_unit', trim_scale(i.sale_price_per_unit),
                   'discount_percent', trim_scale(i.discount_percent),
                   'line_total', trim_scale(i.line_total),
                   'credited_amount', trim_scale(i.credited_amount)
               ) ORDER BY i.position)::text, '[]') AS lines
        FROM sales_salesorderitem i
        JOIN inventory_productvariation v ON v.id = i.variation_id
        JOIN inventory_product p ON p.id = v.product_id
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(r.quantity), 0) AS quantity
            FROM inventory_stockreservation r
            WHERE r.reference_type = 'sales_order_item' AND r.reference_id = i.id
        ) AS held
        WHERE i.order_id = o.id
    ) AS ordered
    WHERE o.id = %s"""

# What left together, of which there is at least one line.
FULFILMENTS = """
    SELECT f.id, f.occurred_at, f.recorded_at, f.fulfilled_by_id,
           json_agg(json_build_object(
               'line', i.position,
               'product_id', p.code,
               'product_name', p.name,
               'sku', v.sku_code,
               'quantity', trim_scale(x.quantity),
               'unit_cost', trim_scale(x.unit_cost),
               'warehouse', w.code
           ) ORDER BY x.id)::text
    FROM sales_fulfilment f
    JOIN sales_fulfilmentitem x ON x.fulfilment_id = f.id
    JOIN warehouses_warehouse w ON w.id = x.warehouse_id
    JOIN sales_salesorderitem i ON i.id = x.order_item_id
    JOIN inventory_productvariation v ON v.id = i.variation_id
    JOIN inventory_product p ON p.id = v.product_id
    WHERE f.order_id = %s
    GROUP BY f.id
    ORDER BY f.id"""


def order_as_json(key: int) -> dict[str, Any]:
    """Read an order with its items and deliveries, in two queries, and show it.

    Nothing has left for a pending order: one query.
    """
    with prepared_cursor() as cursor:
        cursor.execute(ORDER, [key])
        order = dict(zip(HEADER, cursor.fetchone(), strict=True))
        status, version = order["status"], order.pop("version")
        rows: list[Any] = []
        if status != SalesOrder.Status.PENDING:
            cursor.execute(FULFILMENTS, [key])
            rows = cursor.fetchall()
    return {
        **order,
        "priority": priority_word(order["priority"]),
        "order_date": json_time(order["order_date"]),
        "reserved_until": time_or_none(order["reserved_until"]),
        "reservation_expired_at": time_or_none(order["reservation_expired_at"]),
        "promotion_details": orjson.Fragment(order["promotion_details"]),
        "created_by": user_code(order["created_by"]),
        "created_at": json_time(order["created_at"]),
        "updated_at": json_time(order["updated_at"]),
        "allowed_transitions": [*TRANSITIONS[status]],
        "allowed_actions": [*ACTIONS[status]],
        "net_amount": order["total_amount"] - order["credited_amount"],
        "items": orjson.Fragment(order["items"]),
        "fulfilments": [fulfilment_as_json(*row) for row in rows],
        "version": version,
    }


def time_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else json_time(moment)


def fulfilment_as_json(
    key: int, occurred_at: datetime, recorded_at: datetime, fulfilled_by: int | None, lines: str
) -> dict[str, Any]:
    """Show what left together."""
    return {
        "code": Fulfilment(pk=key).code,
        "occurred_at": json_time(occurred_at),
        "recorded_at": json_time(recorded_at),
        "fulfilled_by": user_code(fulfilled_by),
        "items": orjson.Fragment(lines),
    }
