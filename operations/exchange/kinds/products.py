"""Products with their variations, categories and primary supplier: a row for each variation."""

from collections.abc import Sequence
from typing import Any

from common.permissions import Can
from inventory.models import SupplierPrice
from inventory.services.lots import track_product
from inventory.services.terms import terms_from
from inventory.services.thresholds import refresh_reorder_points
from operations.exchange.kinds.base import Kind, refuse_contradictions, refuse_twice
from operations.exchange.kinds.product_categories import category_of, find_categories
from operations.exchange.kinds.product_fields import (
    FIELDS,
    OF_PRODUCT,
    PRODUCT,
    PRODUCT_FIELDS,
    PRODUCT_KEY,
    SOURCING,
    SOURCING_FIELDS,
    VARIATION,
    VARIATION_FIELDS,
    VARIATION_KEY,
)
from operations.exchange.staging import Work
from operations.exchange.upsert import lock, stage, write

UNTOLD_NAME = " AND line NOT IN (SELECT line FROM import_problem WHERE field = 'name')"
OF_ITS_PRODUCT = (
    "JOIN import_row r ON r.line = s.line JOIN inventory_product found ON found.code = r.product_id"
)


def judge(work: Work) -> None:
    """Complete the codes, and note what is wrong between rows and with what they refer to."""
    complete_codes(work)
    work.refuse(
        "SELECT line, 'sku', NULL, 'Name the product_id, the sku, or both.'"
        " FROM import_row WHERE product_id IS NULL"
        " AND line NOT IN (SELECT line FROM import_problem WHERE field IN ('product_id', 'sku'))"
    )
    refuse_twice(work, "sku")
    work.refuse(
        "SELECT r.line, 'sku', r.sku, 'A variation of ' || p.code || '. Correct one of the two.'"
        " FROM import_row r JOIN inventory_productvariation v ON v.sku_code = r.sku"
        " JOIN inventory_product p ON p.id = v.product_id AND p.code <> r.product_id"
    )
    work.refuse(
        "SELECT line, 'name', '', 'New products need a name.' FROM import_row r"  # nosec B608
        " WHERE line = (SELECT min(o.line) FROM import_row o WHERE o.product_id = r.product_id)"
        f" AND name IS NULL{UNTOLD_NAME} AND NOT EXISTS"
        " (SELECT FROM inventory_product p WHERE p.code = r.product_id)"
        if work.has("name")
        else "SELECT line, 'name', '', 'New products need a name.' FROM import_row r"
        " WHERE NOT EXISTS (SELECT FROM inventory_product p WHERE p.code = r.product_id)"
    )
    if has_families(work):
        refuse_contradictions(work, "product_id", OF_PRODUCT, "product")
    work.refuse(
        "SELECT line, 'subcategory', subcategory, 'Name the category that it belongs to.'"
        " FROM import_row WHERE subcategory IS NOT NULL AND category IS NULL"
    )
    work.refuse(
        "SELECT line, 'supplier_id', supplier_id, 'There is no such supplier. Import it first.'"
        " FROM import_row r WHERE supplier_id IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM suppliers_supplier s WHERE s.code = r.supplier_id)"
    )
    filled = " OR ".join(f'"{one.name}" IS NOT NULL' for one in SOURCING_FIELDS)
    work.refuse(
        "SELECT line, 'supplier_id', '', 'Name the supplier that these terms are of.'"  # nosec B608
        f" FROM import_row WHERE supplier_id IS NULL AND ({filled})"
    )


def has_families(work: Work) -> bool:
    """Say whether several rows speak of one product."""
    return work.finds("SELECT FROM import_row GROUP BY product_id HAVING count(*) > 1")


def complete_codes(work: Work) -> None:
    """Find the product of a SKU, and a product's default SKU; new ones have one code for both."""
    work.run("CREATE INDEX ON import_row (product_id)")
    work.complete(
        "product_id",
        "UPDATE import_row r SET product_id = coalesce(("
        " SELECT p.code FROM inventory_productvariation v"
        " JOIN inventory_product p ON p.id = v.product_id WHERE v.sku_code = r.sku), r.sku)"
        " WHERE r.product_id IS NULL",
    )
    work.complete(
        "sku",
        "UPDATE import_row r SET sku = coalesce(("
        " SELECT v.sku_code FROM inventory_productvariation v"
        " JOIN inventory_product p ON p.id = v.product_id"
        " WHERE p.code = r.product_id AND v.is_default), r.product_id)"
        " WHERE r.sku IS NULL",
    )


def plan(work: Work) -> None:
    """Stage products, variations and sourcing, note what the whole picture forbids, tell fates."""
    find_categories(work, make=work.commits)
    own = ", ".join(f'r."{one.name}"' for one in (PRODUCT_KEY, *PRODUCT_FIELDS))
    first = "SELECT DISTINCT ON (product_id) * FROM import_row ORDER BY product_id, line"
    several = has_families(work)
    each = f"({first})" if several else "import_row"
    work.make(
        "import_product",
        f"SELECT r.line, {own}, r.supplier_id, {category_of(work)} AS category_id"  # nosec B608
        f" FROM {each} AS r"
        " LEFT JOIN inventory_product e ON e.code = r.product_id"
        " LEFT JOIN inventory_category ec ON ec.id = e.category_id"
        " LEFT JOIN import_category c ON c.category = coalesce(r.category, '')"
        " AND c.subcategory = coalesce(r.subcategory, '')",
    )
    if work.commits:
        lock(work, PRODUCT)
    stage(work, PRODUCT)
    refuse_new_tracking(work)
    stage_variations(work, several)
    refuse_below_cost(work)
    stage_sourcing(work)
    work.make(
        "import_fate",
        "SELECT v.line, CASE WHEN v.fate = 'unchanged' AND (p.fate <> 'unchanged'"
        " OR s.fate <> 'unchanged') THEN 'changed' ELSE v.fate END AS fate"
        " FROM import_variation_final v LEFT JOIN import_product_final p USING (line)"
        " LEFT JOIN import_sourcing_final s USING (line)",
    )


def has_known(work: Work) -> bool:
    """Say whether the catalogue has any of the products."""
    return work.finds("SELECT FROM import_product_final WHERE id IS NOT NULL")


def stage_variations(work: Work, several: bool) -> None:
    """Stage the rows as variations; the first of a new product is its default, if none says so.

    several: whether a product may have more rows than one.
    """
    own = ", ".join(f'r."{one.name}"' for one in (VARIATION_KEY, *VARIATION_FIELDS))
    told = "coalesce(r.is_default, false)"
    chosen = f"bool_or({told}) OVER family" if several else told
    first = "r.line = min(r.line) OVER family" if several else "true"
    work.make(
        "import_variation",
        f"SELECT r.line, {own}, p.id AS product_id,"  # nosec B608
        f" CASE WHEN {chosen} THEN {told}"
        f" WHEN d.id IS NOT NULL THEN d.sku_code = r.sku ELSE {first} END AS is_default"
        " FROM import_row r LEFT JOIN inventory_product p ON p.code = r.product_id"
        " LEFT JOIN inventory_productvariation d ON d.product_id = p.id AND d.is_default"
        " WINDOW family AS (PARTITION BY r.product_id)",
    )
    if work.commits and has_known(work):
        lock(work, VARIATION)
    stage(work, VARIATION)
    work.refuse(
        "SELECT line, 'is_default', 'yes', 'Another row of the product is its default already.'"
        " FROM (SELECT line, row_number() OVER (PARTITION BY product_id ORDER BY line) AS place"
        " FROM import_row WHERE is_default) AS chosen WHERE place > 1"
    )


def refuse_below_cost(work: Work) -> None:
    """Note prices below cost that this file sets, unless they are meant."""
    if work.options.allow_below_cost:
        return
    work.refuse(
        "SELECT f.line, 'selling_price', trim_scale(f.selling_price)::text, 'Below the cost price '"
        " || trim_scale(f.cost_price) || '. Raise it, or set allow_below_cost to yes.'"
        " FROM import_variation_final f JOIN import_row r USING (line)"
        " LEFT JOIN inventory_productvariation e ON e.id = f.id"
        " WHERE f.selling_price < f.cost_price AND f.selling_price > 0"
        " AND NOT coalesce(r.allow_below_cost, false)"
        " AND (e.cost_price, e.selling_price) IS DISTINCT FROM (f.cost_price, f.selling_price)"
    )


def refuse_new_tracking(work: Work) -> None:
    """Note products in stock that would begin or cease to track lots."""
    work.refuse(
        "SELECT f.line, 'lot_tracking', '', 'While goods are in stock, they cannot begin or cease"
        " to track lots. Adjust the stock to 0 first.'"
        " FROM import_product_final f JOIN inventory_product e ON e.id = f.id"
        " WHERE (f.lot_tracking OR f.expiration_tracking)"
        " <> (e.lot_tracking OR e.expiration_tracking)"
        " AND EXISTS (SELECT FROM inventory_productvariation v"
        " JOIN inventory_stock s ON s.variation_id = v.id AND s.on_hand <> 0"
        " WHERE v.product_id = e.id)"
    )


def stage_sourcing(work: Work) -> None:
    """Stage the supplier of each product as its primary one."""
    terms = ", ".join(f'r."{one.name}"' for one in SOURCING_FIELDS)
    work.make(
        "import_sourcing",
        f"SELECT r.line, p.id AS product_id, s.id AS supplier_id, true AS is_primary, {terms}"  # nosec B608
        " FROM import_product f JOIN import_row r USING (line)"
        " JOIN suppliers_supplier s ON s.code = r.supplier_id"
        " LEFT JOIN inventory_product p ON p.code = r.product_id",
    )
    stage(work, SOURCING)


def write_products(work: Work) -> None:
    """Write what was staged: products, then variations, sourcing, and what follows from them."""
    if not has_known(work):
        write_tables(work)
        return
    tracked = work.run(
        "SELECT e.id, f.lot_tracking, f.expiration_tracking"
        " FROM import_product_final f JOIN inventory_product e ON e.id = f.id"
        " WHERE (f.lot_tracking, f.expiration_tracking)"
        " <> (e.lot_tracking, e.expiration_tracking)"
    )
    levels = work.run(
        "SELECT e.id FROM import_variation_final f JOIN inventory_productvariation e"
        " ON e.id = f.id WHERE f.reorder_level IS DISTINCT FROM e.reorder_level"
    )
    make_room(work)
    write_tables(work)
    for key, lots, expiry in tracked:
        track_product(key, lots=lots, expiry=expiry)
    refresh_reorder_points([key for (key,) in levels])


def make_room(work: Work) -> None:
    """Let those step back that are no more the default variation or the primary supplier."""
    work.run(
        "UPDATE inventory_productvariation e SET is_default = false, updated_at = clock_timestamp()"
        " FROM import_variation_final f WHERE f.is_default AND e.product_id = f.product_id"
        " AND e.is_default AND e.sku_code <> f.sku_code"
    )
    work.run(
        "UPDATE inventory_productsupplier e SET is_primary = false, is_locked = false"
        " FROM import_sourcing_final f"
        " WHERE e.product_id = f.product_id AND e.is_primary AND e.supplier_id <> f.supplier_id"
    )


def write_tables(work: Work) -> None:
    """Write products, then variations and sourcing, with the keys that the products then have."""
    write(work, PRODUCT, (25, 45))
    with terms_from(SupplierPrice.Source.IMPORT):
        write(work, SOURCING, (45, 55), found="product_id", joined=OF_ITS_PRODUCT)
    write(work, VARIATION, (55, 75), found="product_id", joined=OF_ITS_PRODUCT)


def rows(user: Any) -> tuple[str, Sequence[Any]]:
    """Return all variations with their products, the default one of each first."""
    product = ", ".join(
        f'p."{one.target}" AS "{one.name}"' for one in (PRODUCT_KEY, *PRODUCT_FIELDS)
    )
    own = ", ".join(
        f'v."{one.target}" AS "{one.name}"' for one in (VARIATION_KEY, *VARIATION_FIELDS)
    )
    terms = ", ".join(f'o."{one.target}" AS "{one.name}"' for one in SOURCING_FIELDS)
    return (
        f"SELECT {product}, {own}, {terms}, v.is_default, s.code AS supplier_id,"  # nosec B608
        " v.selling_price < v.cost_price AS allow_below_cost,"
        " coalesce(above.name, c.name) AS category,"
        " CASE WHEN above.id IS NOT NULL THEN c.name END AS subcategory"
        " FROM inventory_productvariation v JOIN inventory_product p ON p.id = v.product_id"
        " LEFT JOIN inventory_category c ON c.id = p.category_id"
        " LEFT JOIN inventory_category above ON above.id = c.parent_id"
        " LEFT JOIN inventory_productsupplier o ON o.product_id = p.id AND o.is_primary"
        " LEFT JOIN suppliers_supplier s ON s.id = o.supplier_id"
        " ORDER BY p.id, v.is_default DESC, v.id",
        [],
    )


PRODUCTS = Kind(
    name="products",
    title="Products",
    resource="products",
    permission=Can.MANAGE_CATALOGUE,
    fields=FIELDS,
    judge=judge,
    plan=plan,
    write=write_products,
    rows=rows,
)
