from rest_framework.routers import SimpleRouter

from purchasing.api.reorder_views import ReorderListViewSet
from purchasing.api.request_views import PurchaseRequestViewSet
from purchasing.api.return_views import SupplierReturnViewSet
from purchasing.api.views import PurchaseOrderViewSet

router = SimpleRouter()
router.register("purchase-orders", PurchaseOrderViewSet, basename="purchase-order")
router.register("reorder-list", ReorderListViewSet, basename="reorder-list")
router.register("purchase-requests", PurchaseRequestViewSet, basename="purchase-request")
router.register("supplier-returns", SupplierReturnViewSet, basename="supplier-return")
router.register("orders/purchase", PurchaseOrderViewSet, basename="order-purchase")

urlpatterns = router.urls
