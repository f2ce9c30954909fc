from purchasing.models.amendment import PurchaseOrderAmendment
from purchasing.models.order import PurchaseOrder, PurchaseOrderItem
from purchasing.models.receipt import GoodsReceipt, GoodsReceiptLine
from purchasing.models.request import PurchaseRequest, PurchaseRequestLine

__all__ = [
    "GoodsReceipt",
    "GoodsReceiptLine",
    "PurchaseOrder",
    "PurchaseOrderAmendment",
    "PurchaseOrderItem",
    "PurchaseRequest",
    "PurchaseRequestLine",
]
