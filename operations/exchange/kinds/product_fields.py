"""The columns of a file of products, and the tables that they go to."""

from collections.abc import Sequence
from decimal import Decimal

from inventory.models import Product
from operations.exchange.fields import (
    LARGEST_AMOUNT,
    Choice,
    Code,
    Field,
    JsonObject,
    Name,
    Number,
    Pattern,
    Words,
    YesNo,
)
from operations.exchange.kinds.terms import sourcing_target, terms
from operations.exchange.upsert import USER, Target

LARGEST_SIZE = Decimal(99_999_999)

PRODUCT_KEY = Code(name="product_id", column="code", also=("product_code",))
VARIATION_KEY = Code(name="sku", column="sku_code")
PRODUCT_FIELDS: Sequence[Field] = (
    Field(name="name", empty=None, also=("product_name",)),
    Field(name="description", longest=1000),
    Pattern(
        name="currency", pattern="^[A-Z]{3}$", default="'USD'", empty=None, is_upper=True,
        remedy='Use the three-letter code of a currency, such as "USD".',
    ),
    Number(name="weight", most=Decimal(999_999_999)),
    Number(name="length", places=2, most=LARGEST_SIZE),
    Number(name="width", places=2, most=LARGEST_SIZE),
    Number(name="height", places=2, most=LARGEST_SIZE),
    JsonObject(name="specifications"),
    Field(name="warehouse_location", longest=100),
    Words(name="storage_requirements", most=50),
    Choice(
        name="status", words={status: status for status in Product.Status.values},
        default="'active'", empty=None,
    ),
    Words(name="tags"),
    YesNo(name="seasonal"),
    YesNo(name="expiration_tracking"),
    YesNo(name="lot_tracking"),
)  # fmt: skip
VARIATION_FIELDS: Sequence[Field] = (
    JsonObject(name="attributes"),
    Field(name="barcode", longest=100, also=("ean", "gtin", "upc")),
    Number(
        name="cost_price", places=4, most=LARGEST_AMOUNT, default="0", empty=None, also=("cost",)
    ),
    Number(
        name="selling_price", places=2, most=LARGEST_AMOUNT, default="0", empty=None,
        also=("price",),
    ),
    Number(name="reorder_threshold", column="reorder_level", above_zero=True,
           also=("reorder_level", "reorder_point")),
    Number(name="reorder_quantity", above_zero=True),
    Number(name="max_stock_level"),
    Field(name="stock_unit", longest=20, default="'pieces'", empty=None, also=("unit", "uom")),
    YesNo(name="is_active", default="true"),
)  # fmt: skip
SOURCING_FIELDS = terms("supplier_")
OTHERS: Sequence[Field] = (
    Field(name="category", longest=100),
    Field(name="subcategory", longest=100),
    YesNo(name="is_default"),
    YesNo(name="allow_below_cost"),
    Name(name="supplier_id", also=("supplier",)),
)
FIELDS = (
    PRODUCT_KEY, VARIATION_KEY, *PRODUCT_FIELDS[:2], *OTHERS[:2], *PRODUCT_FIELDS[2:],
    *VARIATION_FIELDS, *OTHERS[2:], *SOURCING_FIELDS,
)  # fmt: skip
OF_PRODUCT = [one.name for one in PRODUCT_FIELDS] + ["category", "subcategory", "supplier_id"]
OF_PRODUCT += [one.name for one in SOURCING_FIELDS]

PRODUCT = Target(
    name="product",
    table="inventory_product",
    source="import_product",
    key=[PRODUCT_KEY],
    fields=PRODUCT_FIELDS,
    given=[("category_id", "bigint")],
    made={"created_at": "clock_timestamp()", "created_by_id": USER},
    stamped={"updated_at": "clock_timestamp()", "last_modified_by_id": USER},
)
VARIATION = Target(
    name="variation",
    table="inventory_productvariation",
    source="import_variation",
    key=[VARIATION_KEY],
    fields=VARIATION_FIELDS,
    given=[("product_id", "bigint"), ("is_default", "boolean")],
    made={"created_at": "clock_timestamp()"},
    stamped={"updated_at": "clock_timestamp()", "prices_changed_at": "clock_timestamp()"},
    kept={
        "prices_changed_at": "old.cost_price = EXCLUDED.cost_price"
        " AND old.selling_price = EXCLUDED.selling_price"
    },
)
SOURCING = sourcing_target(SOURCING_FIELDS)
