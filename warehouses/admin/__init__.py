from warehouses.admin.people import PersonAdmin
from warehouses.admin.warehouses import WarehouseAdmin

__all__ = ["PersonAdmin", "WarehouseAdmin"]
