from inventory.admin.adjustments import AdjustmentRequestAdmin
from inventory.admin.attachments import AttachmentAdmin
from inventory.admin.catalogue import CategoryAdmin, ProductAdmin, VariationAdmin
from inventory.admin.counts import StockCountAdmin
from inventory.admin.stock import LowStockThresholdAdmin, StockAdmin, StockMovementAdmin
from inventory.admin.supplied_goods import goods_of
from inventory.admin.transfers import TransferRequestAdmin

__all__ = [
    "AdjustmentRequestAdmin",
    "AttachmentAdmin",
    "CategoryAdmin",
    "LowStockThresholdAdmin",
    "ProductAdmin",
    "StockAdmin",
    "StockCountAdmin",
    "StockMovementAdmin",
    "TransferRequestAdmin",
    "VariationAdmin",
    "goods_of",
]
