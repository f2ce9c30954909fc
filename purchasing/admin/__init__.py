from purchasing.admin.orders import PurchaseOrderAdmin
from purchasing.admin.receipts import GoodsReceiptAdmin

__all__ = ["GoodsReceiptAdmin", "PurchaseOrderAdmin"]
