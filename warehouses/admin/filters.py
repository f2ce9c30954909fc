"""Filters that other apps' lists share."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.references import as_primary_key
from users.models import User
from warehouses.models import PromotionRequest, Warehouse
from warehouses.open_tasks import HEADSHIP, kinds_of_tasks


class OwnWarehouseFilter(admin.SimpleListFilter):
    """Rows of one of the warehouses that the user works in."""

    title = "warehouse"
    parameter_name = "warehouse"
    path = "warehouse"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        own = Warehouse.objects.member(request.user)
        return [(str(key), code) for key, code in own.values_list("pk", "code")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return None
        return queryset.filter(**{self.path: as_primary_key(self.value()) or 0})


class TaskKindFilter(admin.SimpleListFilter):
    """What was handed over."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (name, name.replace("_", " ").capitalize())
            for name in kinds_of_tasks()
            if name != HEADSHIP
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else None


class LockedFilter(admin.SimpleListFilter):
    """Accounts that nobody may sign in to: locked by an administrator, or by wrong passwords."""

    title = "locked"
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        locked = User.objects.locked().values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=locked)
        return queryset.exclude(pk__in=locked) if self.value() == "no" else None


class WaitingFilter(admin.SimpleListFilter):
    """People about whom something is to be decided."""

    title = "what waits"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("approval", "To be let in"),
            ("promotion", "To be promoted"),
            ("invitation", "To follow an invitation"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "approval":
            return queryset.filter(status=User.Status.PENDING)
        if self.value() == "promotion":
            waiting = PromotionRequest.objects.filter(state=PromotionRequest.State.PENDING)
            return queryset.filter(pk__in=waiting.values("user"))
        if self.value() == "invitation":
            return queryset.filter(pk__in=User.objects.invited().values("pk"))
        return None


class WorkplaceFilter(OwnWarehouseFilter):
    """People of one warehouse."""

    path = "warehouse_memberships__warehouse"
