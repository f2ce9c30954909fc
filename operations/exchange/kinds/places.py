"""Rows that speak of a variation in a warehouse: both are looked up, foreign ones are unknown."""

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
    work.refuse(
        "SELECT line, 'sku', sku, 'There is no such SKU. Import the product first.'"
        " FROM import_row r WHERE sku IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM inventory_productvariation v WHERE v.sku_code = r.sku)"
    )
    work.refuse(
        "SELECT line, 'warehouse', coalesce(warehouse, ''),"
        " 'There is no such warehouse among yours. Use the code of one.' FROM import_row r"
        " WHERE NOT EXISTS (SELECT FROM warehouses_warehouse w"
        " WHERE w.code = r.warehouse AND w.id = ANY(%s))",
        [own_warehouses(work.user)],
    )
