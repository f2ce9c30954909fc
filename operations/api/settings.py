"""Company settings over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.fields import (
    MoneyField,
    PlainDecimalField,
    QuantityField,
    ReferenceField,
    UpperCaseField,
)
from common.api.viewsets import ApiViewSet, field_paths
from common.models import CompanySettings
from common.permissions import Can
from common.row_versions import RowVersion
from common.validators import currency_code
from operations.services import change_company_settings
from warehouses.models import Warehouse


class CompanySettingsSerializer(serializers.ModelSerializer[CompanySettings]):
    """What holds for everybody; the default warehouse is where documents go that name none."""

    currency = UpperCaseField(validators=[currency_code], required=False)
    over_receipt_tolerance_percent = PlainDecimalField(min_value=0, max_value=100, required=False)
    count_recount_tolerance_percent = PlainDecimalField(min_value=0, max_value=100, required=False)
    adjustment_limit_value = MoneyField(min_value=0, required=False, allow_null=True)
    adjustment_limit_quantity = QuantityField(min_value=0, required=False, allow_null=True)
    default_warehouse = ReferenceField(
        Warehouse.objects.all, required=False, allow_null=True, help_text="Null: there is none yet."
    )

    class Meta:
        model = CompanySettings
        fields = [
            "name", "letterhead", "currency", "default_warehouse",
            "over_receipt_tolerance_percent", "adjustment_limit_value",
            "adjustment_limit_quantity", "count_recount_tolerance_percent",
            "second_person_rule", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["updated_at"]

    def validate_default_warehouse(self, warehouse: Warehouse | None) -> Warehouse:
        if warehouse is None:
            raise serializers.ValidationError("Name a warehouse, or leave it out.")
        return warehouse

    def to_representation(self, row: CompanySettings) -> dict[str, Any]:
        row.default_warehouse = Warehouse.objects.filter(is_default=True).first()  # type: ignore[attr-defined]
        return dict(super().to_representation(row))


class CompanySettingsAnswer(CompanySettingsSerializer):
    message = serializers.CharField()
    updated_fields = serializers.ListField(child=serializers.CharField())

    class Meta(CompanySettingsSerializer.Meta):
        fields = [*CompanySettingsSerializer.Meta.fields, "message", "updated_fields"]


class CompanySettingsViewSet(ApiViewSet):
    """The one row of company settings."""

    queryset = CompanySettings.objects.all()
    serializer_class = CompanySettingsSerializer
    resource_name = "settings"
    permissions = {
        "retrieve": Can.SIGN_IN,
        "update": Can.MANAGE_SETTINGS,
        "partial_update": Can.MANAGE_SETTINGS,
    }

    def get_queryset(self) -> Any:
        return CompanySettings.objects.all()

    def find_row(self) -> CompanySettings:
        CompanySettings.current()
        return CompanySettings.objects.annotate(row_version=RowVersion()).get()

    def retrieve(self, request: Request) -> Response:
        return Response(self.shown(self.get_object()))

    @extend_schema(responses=CompanySettingsAnswer)
    def update(self, request: Request) -> Response:
        """Change what the body names; PUT and PATCH are the same."""
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        row = change_company_settings(acting_user=request.user, **serializer.validated_data)
        return self.answer(
            row,
            "Settings updated successfully",
            updated_fields=field_paths(serializer.initial_data, serializer),
        )

    @extend_schema(responses=CompanySettingsAnswer)
    def partial_update(self, request: Request) -> Response:
        """Change what the body names; PUT and PATCH are the same."""
        return self.update(request)
