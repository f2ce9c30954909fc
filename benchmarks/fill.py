"""A company made by a few set-based statements, consistent by the ledger's own rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.utils import timezone

from benchmarks.scale import Scale
from common.permissions import Role
from inventory.models import Product, ProductVariation, StockMovement
from suppliers.models import Supplier
from users.api.tokens import refresh_token_of
from users.models import SignIn, User
from users.services.sign_ins import SIGN_IN_LASTS
from warehouses.models import Membership, Warehouse

SUPPLIER = "SUPPLIES"
RARE_WORD, MISTYPED_WORD = "Zephyrion", "Zephirion"
TEMPLATE_KEY = 1_000_000_000
OPENING_STOCK = 1_000_000
MATERIALS = [
    "Steel", "Oak", "Ceramic", "Linen", "Glass", "Bamboo", "Copper", "Wool", "Rubber", "Granite",
]  # fmt: skip
KINDS = [
    "Hammer", "Lamp", "Kettle", "Shelf", "Backpack", "Chair", "Tent", "Bottle", "Saw", "Blanket",
    "Table", "Mug", "Ladder", "Torch", "Basket", "Pillow", "Wrench", "Clock", "Mirror", "Stove",
]  # fmt: skip

PRODUCT_VALUES = {
    "code": "'P' || lpad(n::text, 6, '0')",
    "name": "(%(materials)s::text[])[1 + n %% 10] || ' ' || (%(kinds)s::text[])[1 + n / 10 %% 20]"
    " || CASE WHEN n %% 20000 = 77 THEN ' ' || %(rare)s || ' ' ELSE ' ' END"
    " || substr(md5(n::text), 1, 6)",
    "description": "'Made of ' || lower((%(materials)s::text[])[1 + n %% 10]) || ', model '"
    " || md5('m' || n) || ', for everyday use at home and outdoors.'",
}
VARIATION_VALUES = {
    "sku_code": "'SKU' || lpad(n::text, 6, '0')",
    "product_id": "n",
    "barcode": "lpad(n::text, 13, '4')",
}

FILL_STOCK = f"""
    INSERT INTO inventory_stock
        (variation_id, warehouse_id, on_hand, reserved, unavailable, incoming, average_cost,
         bin_location, quantity_decimals)
    SELECT v.id, w, {OPENING_STOCK} - (%(each)s - 1) %% 2, 0, 0, 0, 4, '', u.decimals
    FROM inventory_productvariation v
    JOIN inventory_unitofmeasure u ON u.code = v.stock_unit
    CROSS JOIN generate_series(1, %(warehouses)s) w
    WHERE v.id <= %(stocked)s
    ORDER BY 1, 2"""

SEARCH_TEXTS = "SELECT inventory_write_search_texts(ARRAY(SELECT id FROM inventory_product))"

# The first movement of each balance brings the opening stock, then one leaves and one comes back.
FILL_MOVEMENTS = f"""
    INSERT INTO inventory_stockmovement
        (stock_id, variation_id, warehouse_id, movement_type, quantity, stock_before, stock_after,
         unit_cost, total_value, reason_code, reason_description, reference_type, reference_code,
         bin_location, lot_number, occurred_at, recorded_at, processed_by_id, notes)
    SELECT s.id, s.variation_id, s.warehouse_id,
           CASE WHEN step.change > 0 THEN 'inbound' ELSE 'outbound' END,
           step.change, step.before, step.before + step.change, 4, step.change * 4, 'history', '',
           '', '', '', '', step.at, step.at, %(user)s, ''
    FROM generate_series(0, %(each)s - 1) AS j
    CROSS JOIN LATERAL (
        SELECT CASE WHEN j = 0 THEN {OPENING_STOCK} WHEN j %% 2 = 1 THEN -1 ELSE 1 END AS change,
               CASE WHEN j = 0 THEN 0 ELSE {OPENING_STOCK} - (j + 1) %% 2 END AS before,
               now() - (%(each)s - j) * interval '365 days' / (%(each)s + 1) AS at
    ) AS step
    CROSS JOIN inventory_stock s
    ORDER BY j, s.id"""


@dataclass(frozen=True, slots=True)
class Company:
    """What was filled in; balances, variations and warehouses are numbered from 1."""

    scale: Scale
    user: User
    token: str


def fill(scale: Scale) -> Company:
    """Fill an empty migrated database as its owner."""
    user = User.objects.create(username="benchmark", email="b@example.com", role=Role.MANAGER)
    sign_in = SignIn.objects.create(
        user=user, current_jti="0" * 32, expires_at=timezone.now() + SIGN_IN_LASTS
    )
    fill_warehouses(scale, user)
    Supplier.objects.create(code=SUPPLIER, company_name="Supplies Ltd")
    fill_catalogue(scale)
    sizes = {
        "each": max(1, scale.movements // scale.balances),
        "stocked": scale.stocked,
        "warehouses": scale.warehouses,
        "user": user.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(FILL_STOCK, sizes)
        with without_indexes(StockMovement):
            cursor.execute(FILL_MOVEMENTS, sizes)
        cursor.execute("VACUUM (ANALYZE)")
    return Company(scale, user, str(refresh_token_of(sign_in).access_token))


def fill_warehouses(scale: Scale, user: User) -> None:
    made = Warehouse.objects.bulk_create(
        Warehouse(code=f"WH{number}", name=f"Warehouse {number}", is_default=number == 1)
        for number in range(1, scale.warehouses + 1)
    )
    Membership.objects.bulk_create(
        Membership(user=user, warehouse=warehouse, is_default=warehouse.is_default)
        for warehouse in made
    )


def fill_catalogue(scale: Scale) -> None:
    """Copy one product and one variation, which know every default of their models."""
    product = Product.objects.create(pk=TEMPLATE_KEY, code="TEMPLATE", name="Template")
    variation = ProductVariation.objects.create(
        pk=TEMPLATE_KEY,
        product=product,
        sku_code="TEMPLATE",
        cost_price=4,
        selling_price=9,
        is_default=True,
    )
    words = {"materials": MATERIALS, "kinds": KINDS, "rare": RARE_WORD}
    with without_indexes(Product), without_indexes(ProductVariation):
        copy_rows(product, PRODUCT_VALUES, scale.products, words)
        copy_rows(variation, VARIATION_VALUES, scale.products, words)
    product.delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(SEARCH_TEXTS)


def copy_rows(
    template: models.Model, values: dict[str, str], number: int, words: dict[str, Any]
) -> None:
    """Insert so many copies of a row; `values` are expressions over the copy's number `n`."""
    meta = template._meta
    names = [str(field.column) for field in meta.concrete_fields if not field.primary_key]
    expressions = [values.get(name, f"template.{name}") for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {meta.db_table} ({', '.join(names)}) SELECT {', '.join(expressions)}"
            f" FROM {meta.db_table} template CROSS JOIN generate_series(1, %(number)s) n"
            f" WHERE template.id = {template.pk} ORDER BY n",
            {**words, "number": number},
        )


@contextmanager
def without_indexes(model: type[models.Model]) -> Iterator[None]:
    """Take a table's foreign keys and plain indexes away, and make them anew from the rows.

    Triggers rest meanwhile: nobody audits what is made here, and the texts of the search follow.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = %s::regclass AND NOT indisunique",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _ in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        for name, definition in constraints:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
