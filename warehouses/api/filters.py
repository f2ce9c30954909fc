"""Filters of the lists of people and warehouses."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from common.api.filters import ReferenceFilter, StrictBooleanFilter
from common.permissions import ROLE_SYNONYMS
from users.models import User
from warehouses.models import PromotionRequest, Warehouse


class RoleFilter(filters.ChoiceFilter):
    """A role or one of its synonyms."""

    def __init__(self, **kwargs: Any) -> None:
        synonyms = [(name, role.label) for name, role in SYNONYMOUS_ROLES.items()]
        super().__init__(choices=[*User.RoleChoice.choices, *synonyms], **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return super().filter(qs, ROLE_SYNONYMS.get(value, value))


SYNONYMOUS_ROLES = {name: User.RoleChoice(role.value) for name, role in ROLE_SYNONYMS.items()}


class UserFilterSet(filters.FilterSet):
    role = RoleFilter()
    status = filters.ChoiceFilter(choices=User.Status.choices)
    warehouse = ReferenceFilter(
        queryset=Warehouse.objects.all, field_name="warehouse_memberships__warehouse"
    )
    invited = StrictBooleanFilter(
        method="of_invited", help_text="Who has not followed the invitation yet."
    )

    def of_invited(self, people: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        invited = User.objects.invited().values("pk")
        return people.filter(pk__in=invited) if value else people.exclude(pk__in=invited)

    class Meta:
        model = User
        fields: list[str] = []


class StaffFilterSet(UserFilterSet):
    """Also by the warehouse that somebody asks to be let into."""

    asks_for = ReferenceFilter(queryset=Warehouse.objects.all, field_name="registration__warehouse")


class PromotionFilterSet(filters.FilterSet):
    status = filters.ChoiceFilter(field_name="state", choices=PromotionRequest.State.choices)
    warehouse = ReferenceFilter(queryset=Warehouse.objects.all, field_name="warehouse")

    class Meta:
        model = PromotionRequest
        fields: list[str] = []


class WarehouseFilterSet(filters.FilterSet):
    is_active = StrictBooleanFilter()

    class Meta:
        model = Warehouse
        fields: list[str] = []
