from warehouses.admin.hand_overs import TaskHandOverAdmin
from warehouses.admin.people import PersonAdmin
from warehouses.admin.promotions import PromotionRequestAdmin
from warehouses.admin.warehouses import WarehouseAdmin

__all__ = ["PersonAdmin", "PromotionRequestAdmin", "TaskHandOverAdmin", "WarehouseAdmin"]
