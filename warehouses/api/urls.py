"""Paths of warehouses and of the people in them."""

from rest_framework.routers import SimpleRouter

from warehouses.api.people import UserViewSet
from warehouses.api.views import WarehouseViewSet

router = SimpleRouter()
router.register("users", UserViewSet, basename="user")
router.register("warehouses", WarehouseViewSet, basename="warehouse")

urlpatterns = router.urls
