from purchasing.models.amendment import PurchaseOrderAmendment
from purchasing.models.charge import PurchaseOrderCharge
from purchasing.models.order import PurchaseOrder
from purchasing.models.order_item import PurchaseOrderItem
from purchasing.models.receipt import GoodsReceipt, GoodsReceiptLine
from purchasing.models.request import PurchaseRequest, PurchaseRequestLine
from purchasing.models.supplier_return import SupplierReturn, SupplierReturnItem

__all__ = [
    "GoodsReceipt",
    "GoodsReceiptLine",
    "PurchaseOrder",
    "PurchaseOrderAmendment",
    "PurchaseOrderCharge",
    "PurchaseOrderItem",
    "PurchaseRequest",
    "PurchaseRequestLine",
    "SupplierReturn",
    "SupplierReturnItem",
]
