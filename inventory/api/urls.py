"""Paths of the catalogue and of stock."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from inventory.api.adjustment_views import AdjustmentRequestViewSet
from inventory.api.attachment_views import AttachmentViewSet
from inventory.api.catalogue_views import (
    CategoryViewSet,
    LowStockThresholdViewSet,
    ProductVariationViewSet,
    ProductViewSet,
    VariationViewSet,
)
from inventory.api.count_views import (
    CountPlanViewSet,
    StockCountLineViewSet,
    StockCountViewSet,
)
from inventory.api.labels import LabelViewSet
from inventory.api.lot_views import LotViewSet
from inventory.api.price_views import ProductPriceViewSet, SupplierPriceViewSet
from inventory.api.stock_card import StockCardViewSet
from inventory.api.stock_views import StockMovementViewSet, StockViewSet
from inventory.api.transfer_views import TransferRequestViewSet
from inventory.api.unit_views import UnitViewSet

router = SimpleRouter()
router.register("attachments", AttachmentViewSet, basename="attachment")
router.register("labels", LabelViewSet, basename="label")
router.register("categories", CategoryViewSet, basename="category")
router.register("products", ProductViewSet, basename="product")
router.register("variations", VariationViewSet, basename="variation")
router.register("low-stock-thresholds", LowStockThresholdViewSet, basename="low-stock-threshold")
router.register("stocks", StockViewSet, basename="stock")
router.register("units", UnitViewSet, basename="unit")
router.register("lots", LotViewSet, basename="lot")
router.register("stock-movements", StockMovementViewSet, basename="stock-movement")
router.register("adjustment-requests", AdjustmentRequestViewSet, basename="adjustment-request")
router.register("transfer-requests", TransferRequestViewSet, basename="transfer-request")

router.register("stock-counts", StockCountViewSet, basename="stock-count")
router.register("count-plan", CountPlanViewSet, basename="count-plan")

urlpatterns = [
    re_path(
        r"^stock-counts/(?P<count_reference>[^/]+)/lines/$",
        StockCountLineViewSet.as_view({"get": "list", "post": "create"}),
        name="stock-count-line-list",
    ),
    re_path(
        rf"^products/(?P<product_reference>{ProductViewSet.lookup_value_regex})/variations/$",
        ProductVariationViewSet.as_view({"get": "list", "post": "create"}),
        name="product-variation-list",
    ),
    re_path(
        rf"^products/(?P<product_reference>{ProductViewSet.lookup_value_regex})/supplier-prices/$",
        ProductPriceViewSet.as_view({"get": "list"}),
        name="product-supplier-price-list",
    ),
    re_path(
        rf"^suppliers/(?P<supplier_reference>{ProductViewSet.lookup_value_regex})/prices/$",
        SupplierPriceViewSet.as_view({"get": "list"}),
        name="supplier-price-list",
    ),
    re_path(
        r"^stocks/(?P<stock_reference>[^/]+)/card/$",
        StockCardViewSet.as_view({"get": "list"}),
        name="stock-card",
    ),
    *router.urls,
]
