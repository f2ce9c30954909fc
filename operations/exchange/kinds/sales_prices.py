"""What goods cost customers: a row for each price, found by goods, currency, day and quantity."""

from collections.abc import Sequence
from typing import Any

from common.permissions import Can
from operations.exchange.fields import LARGEST_AMOUNT, Day, Field, Number, Pattern
from operations.exchange.kinds.base import Kind, refuse_twice
from operations.exchange.kinds.places import SKU, refuse_unknown_skus, refuse_unmeasurable
from operations.exchange.staging import Work
from operations.exchange.upsert import Target, stage, write

CURRENCY = Pattern(
    name="currency", pattern="^[A-Z]{3}$", is_upper=True,
    remedy='Use the three-letter code of a currency, such as "USD".',
)  # fmt: skip
MINIMUM = Number(name="min_quantity", default="0", also=("minimum_quantity", "from_quantity"))
BEGINS = Day(name="valid_from", also=("start_date",))
PRICE = Number(
    name="price", places=2, most=LARGEST_AMOUNT, is_required=True,
    also=("selling_price", "sales_price"),
)  # fmt: skip
ENDS = Day(name="valid_until", also=("valid_to", "end_date"))
PRICES = Target(
    name="sales_price",
    table="sales_salesprice",
    source="import_price",
    key=[
        Field(name="variation_id"),
        Field(name="currency"),
        Field(name="valid_from"),
        Field(name="min_quantity"),
    ],
    fields=[PRICE, ENDS],
    made={"created_at": "clock_timestamp()"},
    stamped={"updated_at": "clock_timestamp()"},
)


def judge(work: Work) -> None:
    """Fill in what makes the key of a price, and note goods, days and quantities that are wrong."""
    refuse_unknown_skus(work)
    work.run(
        "UPDATE import_row r SET min_quantity = coalesce(r.min_quantity, 0),"
        " currency = coalesce(r.currency, p.currency),"
        " valid_from = coalesce(r.valid_from, (clock_timestamp() AT TIME ZONE 'UTC')::date)"
        " FROM inventory_productvariation v JOIN inventory_product p ON p.id = v.product_id"
        " WHERE v.sku_code = r.sku AND r.line NOT IN (SELECT line FROM import_problem)"
    )
    refuse_twice(work, "sku", "currency", "valid_from", "min_quantity")
    work.refuse(
        "SELECT line, 'valid_until', valid_until::text,"
        " 'Lies before ' || valid_from || ', when the price begins.'"
        " FROM import_row WHERE valid_until < valid_from"
    )
    refuse_unmeasurable(work, "min_quantity")


def plan(work: Work) -> None:
    work.make(
        "import_price",
        "SELECT r.line, v.id AS variation_id, r.currency, r.valid_from, r.min_quantity, r.price,"
        " r.valid_until FROM import_row r"
        " JOIN inventory_productvariation v ON v.sku_code = r.sku",
    )
    stage(work, PRICES)
    work.make("import_fate", "SELECT line, fate FROM import_sales_price_final")


def write_prices(work: Work) -> None:
    write(work, PRICES, (25, 95))


def rows(user: Any) -> tuple[str, Sequence[Any]]:
    return (
        "SELECT v.sku_code AS sku, s.currency, s.price, s.min_quantity, s.valid_from,"
        " s.valid_until FROM sales_salesprice s"
        " JOIN inventory_productvariation v ON v.id = s.variation_id ORDER BY s.id",
        [],
    )


SALES_PRICES = Kind(
    name="sales_prices",
    title="Sales prices",
    resource="sales-prices",
    permission=Can.MANAGE_CATALOGUE,
    fields=(SKU, CURRENCY, PRICE, MINIMUM, BEGINS, ENDS),
    judge=judge,
    plan=plan,
    write=write_prices,
    rows=rows,
)
