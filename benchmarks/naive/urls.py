"""The product's paths, and the naive versions beside them under /naive/."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from benchmarks.naive.views import (
    MovementViewSet,
    OrderViewSet,
    PurchaseOrderViewSet,
    UncheckedMovementViewSet,
)
from config.urls import handler400, handler404, handler500
from config.urls import urlpatterns as product_paths

router = SimpleRouter()
router.register("stock-movements", MovementViewSet, basename="naive-movement")
router.register("unchecked-movements", UncheckedMovementViewSet, basename="naive-unchecked")
router.register("sales-orders", OrderViewSet, basename="naive-order")
router.register("purchase-orders", PurchaseOrderViewSet, basename="naive-purchase")

__all__ = ["handler400", "handler404", "handler500"]
urlpatterns = [*product_paths, path("naive/", include(router.urls))]
