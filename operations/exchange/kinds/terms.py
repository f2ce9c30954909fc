"""The terms at which a supplier offers a product, in whatever file they stand."""

from collections.abc import Sequence
from decimal import Decimal

from operations.exchange.fields import LARGEST_AMOUNT, Field, Number, Whole
from operations.exchange.upsert import Target


def terms(prefix: str) -> Sequence[Field]:
    """Return the fields of the terms, their names behind a prefix."""
    return (
        Field(name="supplier_product_code", longest=50),
        Whole(name=f"{prefix}lead_time_days", column="lead_time_days", least=Decimal(1)),
        Number(name=f"{prefix}min_order_quantity", column="min_order_quantity"),
        Number(name=f"{prefix}pack_size", column="pack_size", above_zero=True),
        Number(
            name=f"{prefix}cost_per_unit", column="cost_per_unit", places=4, most=LARGEST_AMOUNT
        ),
    )


def sourcing_target(fields: Sequence[Field], *marks: str) -> Target:
    """Return where staged terms go to: a row for a product and a supplier.

    `marks` are further columns of yes or no, which are staged as they shall be.
    """
    return Target(
        name="sourcing",
        table="inventory_productsupplier",
        source="import_sourcing",
        key=[Field(name="product_id"), Field(name="supplier_id")],
        fields=fields,
        given=[(mark, "boolean") for mark in ("is_primary", *marks)],
    )
