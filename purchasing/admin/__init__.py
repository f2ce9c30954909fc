from purchasing.admin.of_suppliers import open_orders_of
from purchasing.admin.orders import PurchaseOrderAdmin
from purchasing.admin.receipts import GoodsReceiptAdmin
from purchasing.admin.requests import PurchaseRequestAdmin
from purchasing.admin.returns import SupplierReturnAdmin

__all__ = [
    "GoodsReceiptAdmin",
    "PurchaseOrderAdmin",
    "PurchaseRequestAdmin",
    "SupplierReturnAdmin",
    "open_orders_of",
]
