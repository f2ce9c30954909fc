from purchasing.models.order import PurchaseOrder, PurchaseOrderItem
from purchasing.models.receipt import GoodsReceipt, GoodsReceiptLine

__all__ = ["GoodsReceipt", "GoodsReceiptLine", "PurchaseOrder", "PurchaseOrderItem"]
