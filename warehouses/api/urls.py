"""Paths of warehouses and of the people in them."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from warehouses.api.people import UserViewSet
from warehouses.api.profile import (
    OwnPictureView,
    OwnTasksView,
    PersonPictureView,
    ProfileViewSet,
)
from warehouses.api.promotions import PromotionRequestViewSet, RequestPromotionView
from warehouses.api.registration import RegisterView
from warehouses.api.staff import DemoteManagerView, StaffViewSet
from warehouses.api.views import WarehouseViewSet

router = SimpleRouter()
router.register("users", UserViewSet, basename="user")
router.register("staffs", StaffViewSet, basename="staff")
router.register("admin/promotion-requests", PromotionRequestViewSet, basename="promotion-request")
router.register("warehouses", WarehouseViewSet, basename="warehouse")

urlpatterns = [
    path("auth/register/", RegisterView.as_view(), name="register"),
    path(
        "managers/request-staff-promotion/",
        RequestPromotionView.as_view(),
        name="request-staff-promotion",
    ),
    path("admin/demote-manager/", DemoteManagerView.as_view(), name="demote-manager"),
    path(
        "profile/",
        ProfileViewSet.as_view(
            {"get": "retrieve", "put": "update", "patch": "partial_update"}, detail=True
        ),
        name="profile",
    ),
    path("profile/open-tasks/", OwnTasksView.as_view(), name="profile-open-tasks"),
    path("profile/avatar/", OwnPictureView.as_view(), name="profile-avatar"),
    path("users/<str:id>/avatar/", PersonPictureView.as_view(), name="user-avatar"),
    *router.urls,
]
