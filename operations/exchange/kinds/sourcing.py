"""Who supplies which product at which terms: a row for each product and supplier."""

from collections.abc import Sequence
from typing import Any

from common.permissions import Can
from inventory.models import SupplierPrice
from inventory.services.terms import terms_from
from operations.exchange.fields import Code, Name, YesNo
from operations.exchange.kinds.base import Kind, refuse_twice
from operations.exchange.kinds.terms import sourcing_target, terms
from operations.exchange.staging import Work
from operations.exchange.upsert import stage, write

PRODUCT = Code(name="product_id", is_required=True, also=("product_code", "product"))
SUPPLIER = Name(name="supplier_id", is_required=True, also=("supplier_code", "supplier"))
PRIMARY = YesNo(name="is_primary", also=("primary", "preferred"))
LOCKED = YesNo(name="is_locked", also=("locked",))
EXCLUSIVE = YesNo(name="is_exclusive", also=("exclusive",))
TERMS = terms("")
SOURCING = sourcing_target(TERMS, "is_locked", "is_exclusive")


def judge(work: Work) -> None:
    """Note unknown products and suppliers, pairs that are there twice, and second primaries."""
    work.refuse(
        "SELECT line, 'product_id', product_id, 'There is no such product. Import it first.'"
        " FROM import_row r WHERE product_id IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM inventory_product p WHERE p.code = r.product_id)"
    )
    work.refuse(
        "SELECT line, 'supplier_id', supplier_id, 'There is no such supplier. Import it first.'"
        " FROM import_row r WHERE supplier_id IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM suppliers_supplier s WHERE s.code = r.supplier_id)"
    )
    refuse_twice(work, "product_id", "supplier_id")
    work.refuse(
        "SELECT line, 'is_primary', 'yes', 'Line ' || first || ' names the primary supplier"
        " already. Say no in one of the two.'"
        " FROM (SELECT line, min(line) OVER (PARTITION BY product_id) AS first"
        " FROM import_row WHERE is_primary) AS chosen WHERE line > first"
    )
    work.refuse(
        "SELECT line, 'is_exclusive', 'yes', 'Line ' || first || ' names the exclusive supplier"
        " already. Say no in one of the two.'"
        " FROM (SELECT line, min(line) OVER (PARTITION BY product_id) AS first"
        " FROM import_row WHERE is_exclusive) AS chosen WHERE line > first"
    )


def plan(work: Work) -> None:
    """Stage the terms; with a commit, under the locks of the products, as others change them."""
    if work.commits:
        work.run(
            "SELECT p.id FROM inventory_product p"
            " WHERE p.code IN (SELECT product_id FROM import_row)"
            " ORDER BY p.id FOR NO KEY UPDATE"
        )
    own = ", ".join(f'r."{one.name}"' for one in TERMS)
    work.make(
        "import_sourcing",
        "SELECT *, coalesce(wants_lock, was_locked AND is_primary, false) AS is_locked FROM ("  # nosec B608
        f"SELECT r.line, p.id AS product_id, s.id AS supplier_id, {primary_of(work)} AS is_primary,"
        " r.is_locked AS wants_lock, e.is_locked AS was_locked,"
        " coalesce(r.is_exclusive, e.is_exclusive, false) AS is_exclusive,"
        f" {own} FROM import_row r JOIN inventory_product p ON p.code = r.product_id"
        " JOIN suppliers_supplier s ON s.code = r.supplier_id"
        " LEFT JOIN inventory_productsupplier e ON e.product_id = p.id AND e.supplier_id = s.id"
        ") AS told",
    )
    judge_marks(work)
    stage(work, SOURCING)
    work.make("import_fate", "SELECT line, fate FROM import_sourcing_final")


def judge_marks(work: Work) -> None:
    """Note locks of others than the primary supplier, and second exclusive suppliers."""
    work.refuse(
        "SELECT line, 'is_locked', 'yes',"
        " 'Only the primary supplier can be locked. Make it the primary one.'"
        " FROM import_sourcing WHERE is_locked AND NOT is_primary"
    )
    work.refuse(
        "SELECT i.line, 'is_exclusive', 'yes', s.code || ' is its exclusive supplier already. Say"
        " no there in the same file.' FROM import_sourcing i"
        " JOIN inventory_productsupplier e ON e.product_id = i.product_id AND e.is_exclusive"
        " AND e.supplier_id <> i.supplier_id JOIN suppliers_supplier s ON s.id = e.supplier_id"
        " WHERE i.is_exclusive AND NOT EXISTS (SELECT FROM import_sourcing o"
        " WHERE o.product_id = e.product_id AND o.supplier_id = e.supplier_id"
        " AND NOT o.is_exclusive)"
    )


def primary_of(work: Work) -> str:
    """Return SQL for whether a row's supplier is the primary one.

    A file that says nothing of it changes nothing, but the first supplier that a product gets is
    its primary one, as everywhere.
    """
    if work.has("is_primary"):
        return "coalesce(r.is_primary, e.is_primary, false)"
    return (
        "coalesce(e.is_primary, r.line = min(r.line) OVER (PARTITION BY r.product_id)"
        " AND NOT EXISTS (SELECT FROM inventory_productsupplier o WHERE o.product_id = p.id))"
    )


def write_sourcing(work: Work) -> None:
    """Write the terms; who was the primary supplier before steps back first."""
    work.run(
        "UPDATE inventory_productsupplier e SET is_primary = false, is_locked = false"
        " FROM import_sourcing_final f"
        " WHERE e.product_id = f.product_id AND e.is_primary"
        " AND (f.is_primary AND e.supplier_id <> f.supplier_id"
        " OR NOT f.is_primary AND e.supplier_id = f.supplier_id)"
    )
    work.run(
        "UPDATE inventory_productsupplier e SET is_exclusive = false FROM import_sourcing_final f"
        " WHERE e.id = f.id AND e.is_exclusive AND NOT f.is_exclusive"
    )
    with terms_from(SupplierPrice.Source.IMPORT):
        write(work, SOURCING, (25, 95))


def rows(user: Any) -> tuple[str, Sequence[Any]]:
    own = ", ".join(f'o."{one.target}" AS "{one.name}"' for one in TERMS)
    return (
        "SELECT p.code AS product_id, s.code AS supplier_id, o.is_primary, o.is_locked,"  # nosec B608
        f" o.is_exclusive, {own}"
        " FROM inventory_productsupplier o JOIN inventory_product p ON p.id = o.product_id"
        " JOIN suppliers_supplier s ON s.id = o.supplier_id"
        " ORDER BY p.id, o.is_primary DESC, o.id",
        [],
    )


SOURCING_TERMS = Kind(
    name="sourcing",
    title="Suppliers of products",
    resource="sourcing",
    permission=Can.MANAGE_CATALOGUE,
    fields=(PRODUCT, SUPPLIER, PRIMARY, LOCKED, EXCLUSIVE, *TERMS),
    judge=judge,
    plan=plan,
    write=write_sourcing,
    rows=rows,
)
