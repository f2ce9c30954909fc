"""The page of what the company decided for everybody."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from common.admin import ScopedAdmin, ServiceForm, caller
from common.admin_pictures import PictureField, PresentPicture
from common.models import CompanyLogo, CompanySettings
from common.permissions import Can
from operations.services import LOGO, change_company_settings
from warehouses.models import Warehouse

COLUMNS = [
    field.name for field in CompanySettings._meta.fields if field.editable and not field.primary_key
]


SECTIONS = [
    ("Company", ["name", "letterhead", "logo", "currency", "default_warehouse"]),
    (
        "Purchasing",
        ["purchase_approval_limit", "over_receipt_tolerance_percent", "preferred_supplier_rule"],
    ),
    (
        "Stock",
        [
            "adjustment_limit_value", "adjustment_limit_quantity",
            "count_recount_tolerance_percent", "expiry_warning_days",
        ],
    ),
    ("Sales", ["reservation_days", "mail_customers"]),
    ("Decisions", ["second_person_rule"]),
]  # fmt: skip


class CompanySettingsForm(ServiceForm):
    """Every setting, and the warehouse where documents go that name none."""

    default_warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), required=False, widget=UnfoldAdminSelectWidget,
        help_text="Where documents go that name no warehouse.",
    )  # fmt: skip
    logo = PictureField(
        rules=LOGO,
        help_text="At the head of documents: a JPEG, PNG or WebP file of at most 2 MB.",
    )  # fmt: skip

    class Meta:
        model = CompanySettings
        fields = COLUMNS
        widgets = {"letterhead": UnfoldAdminTextareaWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "default_warehouse" in self.fields:
            chosen: Any = self.fields["default_warehouse"]
            chosen.queryset = Warehouse.objects.filter(is_active=True)
            chosen.initial = default_warehouse_key()
            if chosen.initial:
                chosen.required, chosen.empty_label = True, None
        if "logo" in self.fields and CompanyLogo.objects.exists():
            self.fields["logo"].initial = PresentPicture(reverse("company-logo"), "logo")


def default_warehouse_key() -> int | None:
    return Warehouse.objects.filter(is_default=True).values_list("pk", flat=True).first()


@admin.register(CompanySettings)
class CompanySettingsAdmin(ScopedAdmin):
    """One row, which is neither made nor deleted here; the sidebar leads straight to it."""

    may_view = may_change = Can.MANAGE_SETTINGS
    form = CompanySettingsForm
    list_display = ["__str__", "currency", "updated_at"]
    readonly_fields = ["updated_at"]

    def scope(self, request: HttpRequest) -> Any:
        CompanySettings.current()
        return CompanySettings.objects.all()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        placed = {name for _, names in SECTIONS for name in names}
        more = [name for name in COLUMNS if name not in placed]
        sections = [*SECTIONS, ("More", more)] if more else SECTIONS
        return [
            *((title, {"fields": names}) for title, names in sections),
            (None, {"fields": self.readonly_fields}),
        ]

    def version_of(self, row: Any) -> str:
        return f"{super().version_of(row)} {default_warehouse_key()}"

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> CompanySettings:
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        values["default_warehouse"] = form.cleaned_data["default_warehouse"]
        return change_company_settings(acting_user=caller(request), **values)
