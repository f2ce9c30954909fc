from sales.admin.orders import SalesOrderAdmin
from sales.admin.shipments import FulfilmentAdmin, SalesReturnAdmin

__all__ = ["FulfilmentAdmin", "SalesOrderAdmin", "SalesReturnAdmin"]
