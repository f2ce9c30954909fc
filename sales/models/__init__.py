from sales.models.fulfilment import Fulfilment, FulfilmentItem
from sales.models.order import LINE_HOLDER, SalesOrder, SalesOrderItem
from sales.models.price import SalesPrice
from sales.models.sales_return import SalesReturn, SalesReturnItem

__all__ = [
    "LINE_HOLDER",
    "Fulfilment",
    "FulfilmentItem",
    "SalesOrder",
    "SalesOrderItem",
    "SalesPrice",
    "SalesReturn",
    "SalesReturnItem",
]
