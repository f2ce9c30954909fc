from sales.admin.orders import SalesOrderAdmin
from sales.admin.prices import SalesPriceAdmin
from sales.admin.returns import SalesReturnAdmin
from sales.admin.shipments import FulfilmentAdmin

__all__ = ["FulfilmentAdmin", "SalesOrderAdmin", "SalesPriceAdmin", "SalesReturnAdmin"]
