"""Rows that speak of a variation, or of one in a warehouse: what is foreign is unknown."""

from typing import Any

from operations.exchange.fields import Code, Name
from operations.exchange.staging import Work
from warehouses.models import Warehouse
from warehouses.queries import default_warehouse_for

SKU = Code(name="sku", is_required=True, also=("sku_code",))
WAREHOUSE = Name(name="warehouse", also=("warehouse_code",))


def own_warehouses(user: Any) -> list[int]:
    return list(Warehouse.objects.member(user).filter(is_active=True).values_list("pk", flat=True))


def find_places(work: Work) -> None:
    """Note SKUs and warehouses that are unknown; rows without a warehouse mean the default one."""
    default = default_warehouse_for(work.user)
    if default is not None:
        work.complete(
            "warehouse",
            "UPDATE import_row SET warehouse = %s::text WHERE warehouse IS NULL",
            [default.code],
        )
    take_names(work)
    refuse_unknown_skus(work)
    work.refuse(
        "SELECT line, 'warehouse', coalesce(warehouse, ''),"
        " 'There is no such warehouse among yours. Use the code of one.' FROM import_row r"
        " WHERE NOT EXISTS (SELECT FROM warehouses_warehouse w"
        " WHERE w.code = r.warehouse AND w.id = ANY(%s))",
        [own_warehouses(work.user)],
    )


def take_names(work: Work) -> None:
    """Put codes for the names of own warehouses, where a name is no code and means one alone."""
    if not work.has("warehouse"):
        return
    work.run(
        "UPDATE import_row r SET warehouse = named.code FROM ("
        " SELECT upper(name) AS name, min(code) AS code FROM warehouses_warehouse"
        " WHERE id = ANY(%s) GROUP BY upper(name) HAVING count(*) = 1) AS named"
        " WHERE named.name = r.warehouse AND NOT EXISTS"
        " (SELECT FROM warehouses_warehouse w WHERE w.code = r.warehouse)",
        [own_warehouses(work.user)],
    )


def refuse_unknown_skus(work: Work) -> None:
    work.refuse(
        "SELECT line, 'sku', sku, 'There is no such SKU. Import the product first.'"
        " FROM import_row r WHERE sku IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM inventory_productvariation v WHERE v.sku_code = r.sku)"
    )


def refuse_unmeasurable(work: Work, name: str) -> None:
    """Note quantities finer than the unit that the variation is counted in."""
    work.refuse(
        f"SELECT r.line, '{name}', trim_scale(r.{name})::text,"  # nosec B608
        " v.stock_unit || ' are measured to ' || u.decimals || ' decimals. Round it.'"
        " FROM import_row r JOIN inventory_productvariation v ON v.sku_code = r.sku"
        " JOIN inventory_unitofmeasure u ON u.code = v.stock_unit"
        f" WHERE r.{name} <> round(r.{name}, u.decimals)"
    )
