"""Open sales orders: a row for each line."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from common.permissions import Can
from inventory.models import ProductVariation
from operations.exchange.fields import (
    LARGEST_AMOUNT,
    Choice,
    Email,
    Field,
    JsonObject,
    Moment,
    Number,
    Pattern,
    YesNo,
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
from sales.models import SalesOrder, SalesOrderItem
from sales.services.open_orders import OpenOrder, take_over_sales_orders
from warehouses.models import Warehouse

PRIORITIES = {one.label.lower(): one.value for one in SalesOrder.Priority}
LONGEST_PROMOTION = 2_000
HEADER: Sequence[Field] = (
    Moment(name="order_date", also=("ordered_at", "date", "created_at")),
    Email(name="customer_email", also=("email",)),
    Field(name="customer_id", longest=100, also=("customer",)),
    Field(name="channel", longest=50),
    Field(name="region", longest=50),
    YesNo(name="promotion_applied"),
    JsonObject(name="promotion_details", longest=LONGEST_PROMOTION),
    Choice(name="priority", words={word: word for word in PRIORITIES}),
    Moment(name="reserved_until"),
    Pattern(
        name="currency", pattern="^[A-Z]{3}$", is_upper=True,
        remedy='Use the three-letter code of a currency, such as "USD".',
    ),
    Field(name="notes", longest=1000),
)  # fmt: skip
LINE: Sequence[Field] = (
    SKU,
    QUANTITY,
    Number(name="quantity_fulfilled", also=("fulfilled", "delivered")),
    Number(name="quantity_cancelled", also=("cancelled",)),
    Number(
        name="sale_price_per_unit", places=2, most=LARGEST_AMOUNT, is_required=True,
        also=("price", "unit_price", "selling_price"),
    ),
    Number(name="discount_percent", places=2, most=Decimal(100), also=("discount",)),
)  # fmt: skip
OF_ORDER = (
    "order_number", "order_date", "customer_email", "customer_id", "channel", "region",
    "promotion_applied", "promotion_details", "reserved_until", "currency", "notes",
)  # fmt: skip
OF_LINE = (
    "quantity", "quantity_fulfilled", "quantity_cancelled", "sale_price_per_unit",
    "discount_percent",
)  # fmt: skip


def judge(work: Work) -> None:
    """Note what is wrong with the rows: what they name, times and quantities."""
    judge_orders(work, HEADER)
    work.refuse(
        "SELECT r.line, 'sku', r.sku, 'It is not sold (any more). Take the line out.'"
        " FROM import_row r JOIN inventory_productvariation v ON v.sku_code = r.sku"
        " JOIN inventory_product p ON p.id = v.product_id"
        " WHERE p.status <> 'active' OR NOT v.is_active"
    )
    refuse_too_many(work, "quantity_fulfilled", "quantity_cancelled")
    work.refuse(
        "SELECT line, 'order_date', order_date::text, 'Lies in the future. Correct it.'"
        " FROM import_row WHERE order_date > %s::timestamptz",
        [timezone.now()],
    )
    work.refuse(
        "SELECT line, 'reserved_until', reserved_until::text,"
        " 'Lies in the past. Write a later time, or leave it empty.'"
        " FROM import_row WHERE reserved_until <= %s::timestamptz",
        [timezone.now()],
    )


def plan(work: Work) -> None:
    plan_orders(work, SALES_ORDERS, "sales_salesorder")


def write_orders(work: Work) -> None:
    """Take over the new orders; raises what single orders do."""
    told = new_rows(work, SALES_ORDERS)
    places = named_in(told, "warehouse", Warehouse.objects.all(), "code")
    goods = named_in(told, "sku", ProductVariation.objects.all(), "sku_code")
    work.progress(50)
    orders = [open_order(lines, places[lines[0]["warehouse"]], goods) for lines in told.values()]
    take_over_sales_orders(orders=orders, acting_user=work.user)
    work.progress(95)


def open_order(lines: Rows, place: Warehouse, goods: Mapping[str, ProductVariation]) -> OpenOrder:
    """Return the order that rows make up."""
    first = lines[0]
    priority = PRIORITIES[first["priority"] or "normal"]
    order = SalesOrder(warehouse=place, priority=priority, **filled(first, *OF_ORDER))
    items = [
        SalesOrderItem(
            order=order, position=position, variation=goods[row["sku"]], **filled(row, *OF_LINE)
        )
        for position, row in enumerate(lines, start=1)
    ]
    return OpenOrder(order=order, items=items)


def rows(user: Any) -> tuple[str, Sequence[Any]]:
    """Return the lines of open orders of one's own warehouses, those of one order together."""
    whens = " ".join(f"WHEN {value} THEN '{word}'" for word, value in PRIORITIES.items())
    return (
        "SELECT o.order_number, w.code AS warehouse, o.order_date, o.customer_email,"  # nosec B608
        " o.customer_id, o.channel, o.region, o.promotion_applied, o.promotion_details,"
        f" CASE o.priority {whens} END AS priority, o.reserved_until, o.currency, o.notes,"
        " v.sku_code AS sku, i.quantity, i.quantity_fulfilled, i.quantity_cancelled,"
        " i.sale_price_per_unit, i.discount_percent, i.position"
        " FROM sales_salesorder o JOIN sales_salesorderitem i ON i.order_id = o.id"
        " JOIN warehouses_warehouse w ON w.id = o.warehouse_id"
        " JOIN inventory_productvariation v ON v.id = i.variation_id"
        " WHERE w.id = ANY(%s) AND o.status = ANY(%s) ORDER BY o.id, i.position",
        [own_warehouses(user), [status.value for status in SalesOrder.OPEN]],
    )


SALES_ORDERS = Kind(
    name="sales_orders",
    title="Open sales orders",
    resource="sales-orders",
    permission=Can.MANAGE_SALES_ORDERS,
    view=Can.VIEW_SALES_ORDERS,
    fields=(NUMBER, WAREHOUSE, *HEADER, *LINE),
    judge=judge,
    plan=plan,
    write=write_orders,
    rows=rows,
)
