from inventory.models.adjustments import AdjustmentLine, AdjustmentReason, AdjustmentRequest
from inventory.models.attachment import Attachment, AttachmentContent
from inventory.models.catalogue import Category, Product, ProductSupplier, ProductVariation
from inventory.models.counts import AbcClass, StockCount, StockCountLine
from inventory.models.lot import Lot, LotBalance, LotExpiryChange, LotQuarantine
from inventory.models.reversal import MovementReversal
from inventory.models.search import ProductSearchText
from inventory.models.stock import LowStockThreshold, Stock, StockMovement, StockReservation
from inventory.models.stock_day import StockDay, StockDayProgress
from inventory.models.supplier_price import SupplierPrice
from inventory.models.transfers import TransferLine, TransferLot, TransferRequest
from inventory.models.unit import UnitOfMeasure

__all__ = [
    "AbcClass",
    "StockCount",
    "StockCountLine",
    "AdjustmentLine",
    "AdjustmentReason",
    "AdjustmentRequest",
    "Attachment",
    "AttachmentContent",
    "Category",
    "Lot",
    "LotBalance",
    "LotExpiryChange",
    "LotQuarantine",
    "LowStockThreshold",
    "MovementReversal",
    "Product",
    "ProductSearchText",
    "ProductSupplier",
    "ProductVariation",
    "Stock",
    "StockDay",
    "StockDayProgress",
    "StockMovement",
    "StockReservation",
    "SupplierPrice",
    "TransferLine",
    "TransferLot",
    "TransferRequest",
    "UnitOfMeasure",
]
