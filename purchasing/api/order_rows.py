"""Purchase orders with what lists show of them; the database writes their lines as JSON.

OrderItemSerializer and ReceiptLineSerializer describe what it writes.
"""

from typing import Any

from django.db.models import Case, F, OuterRef, Value, When
from django.db.models.functions import Greatest

from common.api.copied_csv import NumberCell
from common.api.database_json import JSON, JsonLines, JsonRow
from purchasing.models import PurchaseOrderItem

ITEM = {
    "id": F("id"),
    "line": F("position"),
    "product_id": F("variation__product__code"),
    "product_name": F("variation__product__name"),
    "product_variation": F("variation_id"),
    "sku": F("variation__sku_code"),
    "quantity_ordered": NumberCell("quantity_ordered"),
    "quantity_received": NumberCell("quantity_received"),
    "quantity_rejected": NumberCell("quantity_rejected"),
    "quantity_returned": NumberCell("quantity_returned"),
    "quantity_outstanding": NumberCell(
        Greatest(F("quantity_ordered") - F("quantity_received"), Value(0))
    ),
    "unit_cost": NumberCell("unit_cost"),
    "line_total": NumberCell("line_total"),
    "unit": Case(When(packs=None, then=Value("stock")), default=Value("pack")),
    "packs": F("packs"),
    "pack_size": NumberCell("pack_size"),
    "pack_cost": NumberCell("pack_cost"),
    "notes": F("notes"),
}
RECEIPT_LINE = {
    "item": F("item_id"),
    "line": F("item__position"),
    "sku": F("item__variation__sku_code"),
    "quantity_accepted": NumberCell("quantity_accepted"),
    "quantity_rejected": NumberCell("quantity_rejected"),
    "goods_amount": NumberCell("goods_amount"),
    "charges_amount": NumberCell("charges_amount"),
    "landed_amount": NumberCell(F("goods_amount") + F("charges_amount")),
    "lot_number": F("lot_number"),
    "expiration_date": F("expiration_date"),
}


def with_items(orders: Any) -> Any:
    """Return orders with what a list shows: supplier, warehouse and, in `items_json`, lines."""
    items = PurchaseOrderItem.objects.filter(order=OuterRef("pk")).order_by("position")
    return orders.select_related("supplier", "warehouse").annotate(
        items_json=JsonLines(items.values(**{JSON: JsonRow(ITEM)}))
    )
