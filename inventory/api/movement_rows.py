"""Rows of the ledger as JSON without models and serializers between: the list that is read most.

The same as StockMovementSerializer makes of them, several times as fast.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP
from functools import cache
from typing import Any

from django.db.models import BigIntegerField, F, Func, TextField, Value
from django.db.models.functions import Cast

from common.api.copied_csv import CodeCell, NumberCell, TextCell, TimeCell
from common.api.database_json import JSON, JsonRow
from common.compiled_queries import CompiledQuery, Given, GivenUser
from inventory.api.stock_serializers import user_code
from inventory.models import ProductVariation, StockMovement
from inventory.models.stock import movement_code
from inventory.services.stock_change import FOUR_PLACES, PostedChange
from warehouses.models import Warehouse

COLUMNS = (
    "id", "variation__product__code", "variation__sku_code", "warehouse__code", "movement_type",
    "quantity", "unit_cost", "total_value", "stock_before", "stock_after", "reason_code",
    "reason_description", "reference_type", "reference_code", "bin_location", "lot_number",
    "expiration_date", "occurred_at", "recorded_at", "processed_by_id", "approved_by_id", "notes",
)  # fmt: skip


class MovementCodeCell(Func):
    """What movement_code() writes, from the time of recording and the key."""

    arity = 2
    output_field = TextField()
    arg_joiner = " AT TIME ZONE 'UTC')::int || '-' || "
    template = "'MOV-' || date_part('year', %(expressions)s"


CSV_COLUMNS = {
    "id": F("id"),
    "movement_id": MovementCodeCell("recorded_at", CodeCell("id", "", 6)),
    "product_id": TextCell("variation__product__code"),
    "sku": TextCell("variation__sku_code"),
    "warehouse": TextCell("warehouse__code"),
    "movement_type": F("movement_type"),
    "quantity": NumberCell("quantity"),
    "unit_cost": NumberCell("unit_cost"),
    "total_value": NumberCell("total_value"),
    "stock_before": NumberCell("stock_before"),
    "stock_after": NumberCell("stock_after"),
    "reason_code": TextCell("reason_code"),
    "reason_description": TextCell("reason_description"),
    "reference_type": TextCell("reference_type"),
    "reference_id": TextCell("reference_code"),
    "warehouse_location": TextCell("bin_location"),
    "lot_number": TextCell("lot_number"),
    "expiration_date": F("expiration_date"),
    "timestamp": TimeCell("occurred_at"),
    "recorded_at": TimeCell("recorded_at"),
    "processed_by": CodeCell("processed_by_id", "USR", 3),
    "approved_by": CodeCell("approved_by_id", "USR", 3),
    "status": Value("completed"),
    "notes": TextCell("notes"),
}

# The same for JSON, where texts stand as they are and a number without the zeros at its end.
JSON_COLUMNS = {
    **CSV_COLUMNS,
    "product_id": F("variation__product__code"),
    "sku": F("variation__sku_code"),
    "warehouse": F("warehouse__code"),
    "reason_code": F("reason_code"),
    "reason_description": F("reason_description"),
    "reference_type": F("reference_type"),
    "reference_id": F("reference_code"),
    "warehouse_location": F("bin_location"),
    "lot_number": F("lot_number"),
    "status": Cast(Value("completed"), TextField()),
    "notes": F("notes"),
}


@cache
def newest_movements(sees_all: bool, limit: int, is_after: bool) -> CompiledQuery:
    """Return the query of a page: there are as many as there are lengths of pages."""
    rows = StockMovement.objects.visible_to(GivenUser(sees_all)).order_by("-pk")
    if is_after:
        rows = rows.filter(pk__lt=Given("key", BigIntegerField()))
    return CompiledQuery(lambda: rows.values("id", **{JSON: JsonRow(JSON_COLUMNS)})[:limit])


def movement_rows(found: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield rows as StockMovementSerializer shows them, from the values of COLUMNS."""
    for row in found:
        expires = row["expiration_date"]
        yield {
            "id": row["id"],
            "movement_id": movement_code(row["id"], row["recorded_at"]),
            "product_id": row["variation__product__code"],
            "sku": row["variation__sku_code"],
            "warehouse": row["warehouse__code"],
            "movement_type": row["movement_type"],
            "quantity": row["quantity"],
            "unit_cost": row["unit_cost"],
            "total_value": row["total_value"],
            "stock_before": row["stock_before"],
            "stock_after": row["stock_after"],
            "reason_code": row["reason_code"],
            "reason_description": row["reason_description"],
            "reference_type": row["reference_type"],
            "reference_id": row["reference_code"],
            "warehouse_location": row["bin_location"],
            "lot_number": row["lot_number"],
            "expiration_date": expires and expires.isoformat(),
            "timestamp": json_time(row["occurred_at"]),
            "recorded_at": json_time(row["recorded_at"]),
            "processed_by": user_code(row["processed_by_id"]),
            "approved_by": user_code(row["approved_by_id"]),
            "status": "completed",
            "notes": row["notes"],
        }


def json_time(moment: datetime) -> str:
    """Write a time as the API does, such as 2026-01-31T12:00:00.000000Z."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{text.removesuffix('+00:00')}Z"


def posted_row(
    posted: PostedChange, variation: ProductVariation, warehouse: Warehouse, acting_user: Any
) -> dict[str, Any]:
    """Return the values of COLUMNS of a movement just posted, without reading it again.

    Of a change that took several lots: their movements as one, under the code of the first.
    """
    change = posted.change
    lot = posted.lots[0] if len(posted.lots) == 1 else change
    return {
        "id": posted.movement_id,
        "variation__product__code": variation.product.code,
        "variation__sku_code": variation.sku_code,
        "warehouse__code": warehouse.code,
        "movement_type": change.movement_type,
        "quantity": change.quantity,
        "unit_cost": posted.unit_cost,
        "total_value": (change.quantity * posted.unit_cost).quantize(FOUR_PLACES, ROUND_HALF_UP),
        "stock_before": posted.stock_before,
        "stock_after": posted.stock_after,
        "reason_code": change.reason_code,
        "reason_description": change.reason_description,
        "reference_type": change.reference_type,
        "reference_code": change.reference_code,
        "bin_location": change.bin_location,
        "lot_number": lot.lot_number,
        "expiration_date": lot.expiration_date,
        "occurred_at": posted.occurred_at,
        "recorded_at": posted.recorded_at,
        "processed_by_id": acting_user.pk,
        "approved_by_id": change.approved_by_id,
        "notes": change.notes,
    }
