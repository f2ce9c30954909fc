from sales.admin.orders import SalesOrderAdmin
from sales.admin.prices import SalesPriceAdmin
from sales.admin.shipments import FulfilmentAdmin, SalesReturnAdmin

__all__ = ["FulfilmentAdmin", "SalesOrderAdmin", "SalesPriceAdmin", "SalesReturnAdmin"]
