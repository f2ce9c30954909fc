"""Warehouses as JSON: names for everybody, details for those who work there."""

from typing import Any

from rest_framework import serializers

from common.api.fields import CountryField, ReferenceField, UpperCaseField
from common.validators import business_code
from users.models import User
from warehouses.models import Membership, Warehouse

OPTIONAL: dict[str, Any] = {"required": False, "allow_blank": True}


class WarehouseAddressSerializer(serializers.Serializer[Warehouse]):
    street = serializers.CharField(max_length=200, **OPTIONAL)
    city = serializers.CharField(max_length=100, **OPTIONAL)
    state = serializers.CharField(max_length=100, **OPTIONAL)
    postal_code = serializers.CharField(max_length=20, **OPTIONAL)
    country = CountryField(**OPTIONAL)


class ManagerSerializer(serializers.ModelSerializer[User]):
    user_id = serializers.CharField(source="code")
    name = serializers.CharField(source="get_full_name")

    class Meta:
        model = User
        fields = ["user_id", "username", "name"]


class MemberSerializer(serializers.ModelSerializer[Membership]):
    user_id = serializers.CharField(source="user.code")
    username = serializers.CharField(source="user.username")
    role = serializers.CharField(source="user.role")

    class Meta:
        model = Membership
        fields = ["user_id", "username", "role", "is_default"]


class WarehouseRowSerializer(serializers.ModelSerializer[Warehouse]):
    """A warehouse; `address` and `manager` are missing where the caller does not work there."""

    warehouse_id = serializers.CharField(source="code")
    address = WarehouseAddressSerializer(source="*", required=False)
    manager = ManagerSerializer(required=False, allow_null=True)

    details = ["address", "manager"]

    class Meta:
        model = Warehouse
        fields = ["id", "warehouse_id", "code", "name", "is_active", "is_default"]
        fields += ["address", "manager"]

    def to_representation(self, warehouse: Warehouse) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(warehouse)
        if not warehouse.is_own:  # type: ignore[attr-defined]
            for name in self.details:
                del shown[name]
        return shown


class WarehouseSerializer(WarehouseRowSerializer):
    members = MemberSerializer(source="memberships", many=True, required=False)

    details = [*WarehouseRowSerializer.details, "members", "created_at", "updated_at"]

    class Meta(WarehouseRowSerializer.Meta):
        fields = [*WarehouseRowSerializer.Meta.fields, "members", "created_at", "updated_at"]


class WarehouseBody(serializers.ModelSerializer[Warehouse]):
    """What a request may set; the code stays as it is once documents carry it."""

    code = UpperCaseField(validators=[business_code], max_length=30, required=False)
    address = WarehouseAddressSerializer(source="*", required=False)
    manager = ReferenceField(User.objects.active, noun="user", required=False, allow_null=True)

    class Meta:
        model = Warehouse
        fields = ["code", "name", "address", "manager", "is_active", "is_default"]
        # The service takes the default from the one before.
        extra_kwargs: dict[str, dict[str, Any]] = {"is_default": {"validators": []}}

    def validate_code(self, code: str) -> str:
        if self.instance is not None and code != self.instance.code:
            raise serializers.ValidationError("The code of a warehouse stays as it is.")
        return code
