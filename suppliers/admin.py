from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import ScopedAdmin, ServiceForm
from common.permissions import Can
from suppliers.models import Supplier
from suppliers.services import create_supplier, delete_supplier, update_supplier

COLUMNS = [
    "code", "company_name", "display_name", "status", "preferred", "rating", "primary_contact",
    "email", "phone", "alternative_phone", "website", "street", "city", "state", "postal_code",
    "country", "tax_id", "payment_terms", "currency", "lead_time_days", "minimum_order_value",
    "notes",
]  # fmt: skip
MEASURED = ["on_time_delivery_rate", "quality_score", "created_by", "created_at", "updated_at"]

FIELDSETS: Any = [
    (None, {"fields": ["code", "company_name", "display_name", ("status", "preferred")]}),
    (
        "Contact",
        {"fields": ["primary_contact", "email", ("phone", "alternative_phone"), "website"]},
    ),
    ("Address", {"fields": ["street", ("postal_code", "city"), ("state", "country")]}),
    (
        "Terms",
        {
            "fields": [
                "tax_id", ("payment_terms", "currency"),
                ("lead_time_days", "minimum_order_value"), "rating", "notes",
            ]
        },
    ),
    ("Measured", {"fields": MEASURED}),
]  # fmt: skip


class SupplierForm(ServiceForm):
    """A supplier; a new one may leave its code to be made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields and self.instance.pk is None:
            self.fields["code"].required = False
            self.fields["code"].help_text = "Empty: the next free one."


@admin.register(Supplier)
class SupplierAdmin(ScopedAdmin):
    may_view = Can.VIEW_STOCK
    may_add = may_change = may_delete = Can.MANAGE_CATALOGUE
    form = SupplierForm
    list_display = [
        "code", "company_name", "email", "lead_time_days", "status", "preferred", "rating",
    ]  # fmt: skip
    list_filter = ["status", "preferred", "country"]
    search_fields = ["code", "company_name", "display_name", "email"]
    readonly_fields = MEASURED
    fieldsets = FIELDSETS

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> Supplier:
        if not change:
            return create_supplier(values=form.cleaned_data, acting_user=request.user)
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        supplier = Supplier.objects.get(pk=form.instance.pk)
        return update_supplier(supplier=supplier, values=values)

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        delete_supplier(supplier=row)
