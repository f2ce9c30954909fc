"""Paths of sales."""

from rest_framework.routers import SimpleRouter

from sales.api.fulfilment_views import FulfilmentViewSet
from sales.api.price_views import SalesPriceViewSet
from sales.api.return_views import SalesReturnViewSet
from sales.api.views import SalesOrderViewSet

router = SimpleRouter()
router.register("sales-orders", SalesOrderViewSet, basename="sales-order")
router.register("fulfilments", FulfilmentViewSet, basename="fulfilment")
router.register("sales-prices", SalesPriceViewSet, basename="sales-price")
router.register("sales-returns", SalesReturnViewSet, basename="sales-return")

urlpatterns = router.urls
