"""Accounts together with the warehouses that they belong to."""

from typing import Any

from rest_framework import serializers

from common.api.fields import ReferenceField
from common.permissions import Can
from users.api.serializers import UserBody, UserRowSerializer, UserSerializer
from users.models import User
from warehouses.models import Warehouse
from warehouses.queries import avatar_address


class WarehousesField(serializers.ListField):
    """Warehouses by code or primary key, all found with one query."""

    child = serializers.CharField(max_length=30)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, **kwargs)

    def to_internal_value(self, data: Any) -> list[Warehouse]:
        references = super().to_internal_value(data)
        found = Warehouse.objects.all().by_references(references)
        unknown = {
            str(number): [f'Unknown warehouse "{reference}". Use the code of a warehouse.']
            for number, reference in enumerate(references)
            if reference not in found
        }
        if unknown:
            raise serializers.ValidationError(unknown)
        return [found[reference] for reference in references]


class PersonRowSerializer(UserRowSerializer):
    """A row of the list."""

    warehouse_access = serializers.SerializerMethodField()

    class Meta(UserRowSerializer.Meta):
        fields = [*UserRowSerializer.Meta.fields, "warehouse_access"]
        read_only_fields = fields

    def get_warehouse_access(self, user: User) -> list[str]:
        return [member.warehouse.code for member in user.warehouse_memberships.all()]


class PersonSerializer(UserSerializer, PersonRowSerializer):
    """The whole account; its notes are for administrators."""

    default_warehouse = serializers.SerializerMethodField()
    avatar = serializers.SerializerMethodField(help_text="Where the picture is to be had.")
    notes = serializers.CharField(required=False)

    class Meta(UserSerializer.Meta):
        fields = [
            *UserSerializer.Meta.fields,
            "warehouse_access",
            "default_warehouse",
            "avatar",
            "notes",
        ]
        read_only_fields = fields

    def get_default_warehouse(self, user: User) -> str | None:
        members = user.warehouse_memberships.all()
        return next((member.warehouse.code for member in members if member.is_default), None)

    def get_avatar(self, user: User) -> str | None:
        return avatar_address(user)

    def to_representation(self, user: User) -> dict[str, Any]:
        shown = super().to_representation(user)
        if not self.context["request"].user.can(Can.MANAGE_USERS):
            del shown["notes"]
        return shown


class PersonBody(UserBody):
    """What a request may set on an account."""

    warehouse_access = WarehousesField(source="warehouses", required=False)
    default_warehouse = ReferenceField(Warehouse.objects.all, source="default", required=False)

    class Meta(UserBody.Meta):
        fields = [*UserBody.Meta.fields, "warehouse_access", "default_warehouse"]


class DeactivatedAnswer(serializers.Serializer[Any]):
    message = serializers.CharField()
    user_id = serializers.CharField()
    status = serializers.CharField()
