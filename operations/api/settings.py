"""Company settings over HTTP."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
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
from common.api.uploads import (
    PictureField,
    PictureView,
    is_beyond,
    named_fields,
    picture_response,
)
from common.api.viewsets import ApiViewSet
from common.models import CompanyLogo, CompanySettings
from common.permissions import Can
from common.pictures import MEDIA_TYPE
from common.row_versions import RowVersion
from common.validators import currency_code
from operations.services import LOGO, change_company_settings
from warehouses.models import Warehouse


def logo_address(logo: CompanyLogo | None) -> str | None:
    """Return where the logo is to be had, another address for each one."""
    return None if logo is None else f"{reverse('company-logo')}?v={logo.digest}"


class LogoField(PictureField):
    """The company's logo."""

    def present_address(self) -> str | None:
        return logo_address(CompanyLogo.objects.defer("image").first())

    def to_representation(self, value: CompanyLogo) -> Any:
        return logo_address(value)


class CompanySettingsSerializer(serializers.ModelSerializer[CompanySettings]):
    """What holds for everybody; the default warehouse is where documents go that name none."""

    currency = UpperCaseField(validators=[currency_code], required=False)
    over_receipt_tolerance_percent = PlainDecimalField(min_value=0, max_value=100, required=False)
    count_recount_tolerance_percent = PlainDecimalField(min_value=0, max_value=100, required=False)
    purchase_approval_limit = MoneyField(min_value=0, required=False, allow_null=True)
    adjustment_limit_value = MoneyField(min_value=0, required=False, allow_null=True)
    adjustment_limit_quantity = QuantityField(min_value=0, required=False, allow_null=True)
    default_warehouse = ReferenceField(
        Warehouse.objects.all, required=False, allow_null=True, help_text="Null: there is none yet."
    )
    logo = LogoField(
        LOGO, required=False, allow_null=True,
        help_text="A JPEG, PNG or WebP file of at most 2 MB, of a form; answers have its address.",
    )  # fmt: skip

    class Meta:
        model = CompanySettings
        fields = [
            "name", "letterhead", "logo", "currency", "default_warehouse",
            "over_receipt_tolerance_percent", "purchase_approval_limit",
            "adjustment_limit_value", "adjustment_limit_quantity",
            "count_recount_tolerance_percent", "reservation_days",
            "expiry_warning_days", "second_person_rule",
            "mail_customers", "preferred_supplier_rule", "updated_at",
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
        return CompanySettings.objects.select_related("logo").defer("logo__image")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large before a byte of it is read."""
        if is_beyond(request, LOGO.largest_file):
            raise LOGO.too_large()
        super().initial(request, *args, **kwargs)

    def find_row(self) -> CompanySettings:
        CompanySettings.current()
        row: CompanySettings = self.get_queryset().annotate(row_version=RowVersion()).get()
        return row

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
            updated_fields=named_fields(serializer),
        )

    @extend_schema(responses=CompanySettingsAnswer)
    def partial_update(self, request: Request) -> Response:
        """Change what the body names; PUT and PATCH are the same."""
        return self.update(request)


@extend_schema(tags=["settings"])
class CompanyLogoView(PictureView):
    permissions = {"get": Can.SIGN_IN}
    further_errors = {"get": (404,)}

    @extend_schema(responses={(200, MEDIA_TYPE): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponse:
        """Get the company's logo."""
        logo = CompanyLogo.objects.first()
        if logo is None:
            raise Http404("There is no logo. An administrator sets one in the company settings.")
        return picture_response(logo.image, logo.digest)
