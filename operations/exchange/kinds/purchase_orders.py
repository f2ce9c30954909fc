"""Open purchase orders: a row for each line."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from common.models import CompanySettings
from common.permissions import Can
from inventory.models import ProductVariation
from operations.exchange.fields import (
    LARGEST_AMOUNT,
    Choice,
    Field,
    JsonObject,
    Moment,
    Name,
    Number,
    Pattern,
    Whole,
)
from operations.exchange.kinds.base import Kind
from operations.exchange.kinds.orders import (
    NUMBER,
    QUANTITY,
    Rows,
    filled,
    judge_orders,
    named_in,
    new_rows,
    plan_orders,
    refuse_too_many,
)
from operations.exchange.kinds.places import SKU, WAREHOUSE, own_warehouses
from operations.exchange.staging import Work
from purchasing.models import PurchaseOrder
from purchasing.services.open_orders import OPEN, OpenOrder, take_over_purchase_orders
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import address_of
from purchasing.services.packs import MOST_PACKS
from suppliers.models import Supplier
from warehouses.models import Warehouse

WORDS = {status.value: status.value for status in OPEN} | {
    "submitted": "sent", "acknowledged": "confirmed", "partially received": "partially_received",
}  # fmt: skip
SUPPLIER = Name(name="supplier_id", also=("supplier", "supplier_code", "vendor"))
HEADER: Sequence[Field] = (
    SUPPLIER,
    Choice(name="status", words=WORDS),
    Moment(name="order_date", also=("ordered_at", "date")),
    Moment(
        name="expected_delivery_date", also=("expected_date", "delivery_date", "due_date")
    ),
    Pattern(
        name="currency", pattern="^[A-Z]{3}$", is_upper=True,
        remedy='Use the three-letter code of a currency, such as "USD".',
    ),
    Number(name="tax_amount", places=2, most=LARGEST_AMOUNT, also=("tax",)),
    Number(name="shipping_cost", places=2, most=LARGEST_AMOUNT, also=("shipping",)),
    Number(name="shipping_carried", places=2, most=LARGEST_AMOUNT),
    JsonObject(name="shipping_address"),
    Field(name="notes", longest=1000),
)  # fmt: skip
LINE: Sequence[Field] = (
    SKU,
    QUANTITY,
    Number(name="quantity_received", also=("received",)),
    Number(
        name="unit_cost", places=4, most=LARGEST_AMOUNT, also=("cost_per_unit", "cost", "price")
    ),
    Whole(name="packs", least=Decimal(1), most=Decimal(MOST_PACKS)),
    Number(name="pack_size", above_zero=True),
    Number(name="pack_cost", places=4, most=LARGEST_AMOUNT),
    Field(name="line_notes"),
)
OF_ORDER = (
    "order_number", "status", "order_date", "expected_delivery_date", "tax_amount",
    "shipping_cost", "shipping_carried", "notes",
)  # fmt: skip
# What a row means where it is empty, as for single orders.
GOODS = (
    "JOIN inventory_productvariation v ON v.sku_code = r.sku"
    " JOIN suppliers_supplier s ON s.code = r.supplier_id"
    " LEFT JOIN inventory_productsupplier o"
    " ON o.supplier_id = s.id AND o.product_id = v.product_id"
)
COST = (
    "CASE WHEN r.packs IS NULL THEN coalesce(r.unit_cost, o.cost_per_unit, v.cost_price)"
    " ELSE round(r.pack_cost / r.pack_size, 4) END"
)
WORTH = f"round(CASE WHEN r.packs IS NULL THEN r.quantity * ({COST})" + (
    " ELSE r.packs * r.pack_cost END, 2)"
)
ORDERED = "coalesce(r.order_date, statement_timestamp())"
EXPECTED = f"coalesce(r.expected_delivery_date, {ORDERED} + s.lead_time_days * interval '1 day')"


def judge(work: Work) -> None:
    """Note what is wrong with the rows: whom and what they name, dates, states and quantities."""
    judge_orders(work, HEADER)
    judge_suppliers(work)
    work.refuse(
        "SELECT r.line, 'sku', r.sku, 'It is discontinued. Activate it or order another.'"
        " FROM import_row r JOIN inventory_productvariation v ON v.sku_code = r.sku"
        " JOIN inventory_product p ON p.id = v.product_id"
        " WHERE p.status = 'discontinued' OR NOT v.is_active"
    )
    work.refuse(
        "SELECT r.line, 'sku', r.sku, 'It is bought from ' || e.code || ' alone. Order it there.'"
        " FROM import_row r JOIN inventory_productvariation v ON v.sku_code = r.sku"
        " JOIN inventory_productsupplier o ON o.product_id = v.product_id AND o.is_exclusive"
        " JOIN suppliers_supplier e ON e.id = o.supplier_id AND e.code <> r.supplier_id"
    )
    judge_dates(work)
    judge_packs(work)
    refuse_too_many(work, "quantity_received")
    work.refuse(
        "SELECT r.line, 'status', coalesce(r.status, ''), CASE WHEN o.came"
        " THEN 'Goods came in. Write partially_received, or no quantity_received.'"
        " ELSE 'Say what came in (quantity_received), or write shipped.' END"
        " FROM (SELECT order_number, min(line) AS line,"
        " bool_or(coalesce(quantity_received, 0) > 0) AS came FROM import_row GROUP BY 1) AS o"
        " JOIN import_row r USING (line)"
        " WHERE o.came <> (coalesce(r.status, 'draft') = 'partially_received')"
    )
    judge_totals(work)


def judge_suppliers(work: Work) -> None:
    """Note suppliers that are missing, unknown or not active, and currencies of others."""
    work.refuse(
        "SELECT line, 'supplier_id', '', 'Name the supplier.' FROM import_row"
        " WHERE supplier_id IS NULL"
    )
    work.refuse(
        "SELECT line, 'supplier_id', supplier_id, 'There is no such supplier. Import it first.'"
        " FROM import_row r WHERE supplier_id IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM suppliers_supplier s WHERE s.code = r.supplier_id)"
    )
    work.refuse(
        "SELECT r.line, 'supplier_id', r.supplier_id, 'The supplier is ' || s.status"
        " || '. Activate it or choose another.' FROM import_row r"
        " JOIN suppliers_supplier s ON s.code = r.supplier_id AND s.status <> 'active'"
    )
    work.refuse(
        "SELECT r.line, 'currency', r.currency, 'The supplier bills in ' || s.currency"
        " || '. Leave the currency empty, or change that of the supplier.' FROM import_row r"
        " JOIN suppliers_supplier s ON s.code = r.supplier_id AND s.currency <> r.currency"
    )


def judge_dates(work: Work) -> None:
    """Note deliveries before the order."""
    work.refuse(
        "SELECT r.line, 'expected_delivery_date', r.expected_delivery_date::date::text,"  # nosec B608
        f" 'Lies before the order date. Write a later date.' FROM import_row r {GOODS}"
        f" WHERE ({EXPECTED} AT TIME ZONE 'UTC')::date < ({ORDERED} AT TIME ZONE 'UTC')::date"
    )


def judge_packs(work: Work) -> None:
    """Note packs that do not make up the quantity or the cost, and shipping that is carried twice.

    `shipping_carried` is the part of the shipping cost that goods brought into stock before.
    """
    work.refuse(
        "SELECT line, 'packs', coalesce(packs::text, ''),"
        " 'Say how many packs, of what size, at what cost each; or nothing of all three.'"
        " FROM import_row WHERE num_nulls(packs, pack_size, pack_cost) IN (1, 2)"
        " AND line NOT IN (SELECT line FROM import_problem)"
    )
    work.refuse(
        "SELECT line, 'packs', packs::text, 'So many packs of ' || trim_scale(pack_size)"
        " || ' are not ' || trim_scale(quantity) || '. Correct one of the three.'"
        " FROM import_row WHERE packs * pack_size <> quantity"
    )
    work.refuse(
        "SELECT line, 'unit_cost', trim_scale(unit_cost)::text,"
        " 'Not what a pack costs by its size. Leave it empty.' FROM import_row"
        " WHERE packs IS NOT NULL AND unit_cost <> round(pack_cost / pack_size, 4)"
    )
    work.refuse(
        "SELECT line, 'shipping_carried', trim_scale(shipping_carried)::text,"
        " 'More than the shipping cost.' FROM import_row"
        " WHERE shipping_carried > coalesce(shipping_cost, 0)"
    )


def judge_totals(work: Work) -> None:
    """Note orders under way whose total needs somebody's approval."""
    limit = CompanySettings.current().purchase_approval_limit
    if limit is None:
        return
    work.refuse(
        "SELECT min(line), 'status', coalesce(min(status), ''), 'The total of ' || sum(worth)"  # nosec B608
        " || ' is above the limit of ' || %s::numeric || '. Import it as a draft, and let somebody"
        " approve it.' FROM (SELECT r.line, r.order_number, r.status,"
        f" {WORTH}"
        " + CASE WHEN r.line = min(r.line) OVER (PARTITION BY r.order_number)"
        " THEN coalesce(r.tax_amount, 0) + coalesce(r.shipping_cost, 0) ELSE 0 END AS worth"
        f" FROM import_row r {GOODS}) AS r WHERE coalesce(status, 'draft') <> 'draft'"
        " GROUP BY order_number HAVING sum(worth) > %s::numeric",
        [limit, limit],
    )


def plan(work: Work) -> None:
    plan_orders(work, PURCHASE_ORDERS, "purchasing_purchaseorder")


def complete(work: Work) -> None:
    """Write into the rows what they mean where they are empty: dates and costs."""
    work.run(
        f"UPDATE import_row r SET unit_cost = n.cost, order_date = n.ordered,"  # nosec B608
        " expected_delivery_date = n.expected"
        f" FROM (SELECT r.line, {COST} AS cost, {ORDERED} AS ordered, {EXPECTED} AS expected"
        f" FROM import_row r {GOODS}) AS n WHERE n.line = r.line"
    )


def write_orders(work: Work) -> None:
    """Take over the new orders; raises what single orders do."""
    complete(work)
    told = new_rows(work, PURCHASE_ORDERS)
    suppliers = named_in(told, "supplier_id", Supplier.objects.all(), "code")
    places = named_in(told, "warehouse", Warehouse.objects.all(), "code")
    goods = named_in(told, "sku", ProductVariation.objects.all(), "sku_code")
    work.progress(50)
    orders = [
        open_order(
            lines,
            supplier=suppliers[lines[0]["supplier_id"]],
            place=places[lines[0]["warehouse"]],
            goods=goods,
        )
        for lines in told.values()
    ]
    take_over_purchase_orders(orders=orders, acting_user=work.user)
    work.progress(95)


def open_order(
    lines: Rows, *, supplier: Supplier, place: Warehouse, goods: Mapping[str, ProductVariation]
) -> OpenOrder:
    """Return the order that rows make up."""
    first = lines[0]
    order = PurchaseOrder(
        supplier=supplier,
        warehouse=place,
        currency=supplier.currency,
        shipping_address=first["shipping_address"] or address_of(place),
        **filled(first, *OF_ORDER),
    )
    return OpenOrder(
        order=order,
        lines=[
            OrderLine(
                variation=goods[row["sku"]],
                quantity_ordered=row["quantity"],
                unit_cost=row["unit_cost"],
                packs=row["packs"],
                pack_size=row["pack_size"],
                pack_cost=row["pack_cost"],
                notes=row["line_notes"] or "",
            )
            for row in lines
        ],
        received=[row["quantity_received"] or Decimal(0) for row in lines],
    )


def rows(user: Any) -> tuple[str, Sequence[Any]]:
    """Return the lines of open orders of one's own warehouses, those of one order together."""
    return (
        "SELECT o.order_number, s.code AS supplier_id, w.code AS warehouse, o.status,"
        " o.order_date, o.expected_delivery_date, o.currency, o.tax_amount, o.shipping_cost,"
        " o.shipping_carried, o.shipping_address, o.notes, v.sku_code AS sku,"
        " i.quantity_ordered AS quantity, i.quantity_received, i.unit_cost, i.packs, i.pack_size,"
        " i.pack_cost, i.notes AS line_notes, i.position"
        " FROM purchasing_purchaseorder o JOIN purchasing_purchaseorderitem i ON i.order_id = o.id"
        " JOIN suppliers_supplier s ON s.id = o.supplier_id"
        " JOIN warehouses_warehouse w ON w.id = o.warehouse_id"
        " JOIN inventory_productvariation v ON v.id = i.variation_id"
        " WHERE w.id = ANY(%s) AND o.status = ANY(%s) ORDER BY o.id, i.position",
        [own_warehouses(user), [status.value for status in OPEN]],
    )


PURCHASE_ORDERS = Kind(
    name="purchase_orders",
    title="Open purchase orders",
    resource="purchase-orders",
    permission=Can.MANAGE_PURCHASE_ORDERS,
    view=Can.VIEW_PURCHASE_ORDERS,
    fields=(NUMBER, SUPPLIER, WAREHOUSE, *HEADER[1:], *LINE),
    judge=judge,
    plan=plan,
    write=write_orders,
    rows=rows,
)
