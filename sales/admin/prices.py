"""The price list in the admin site."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import ScopedAdmin, ServiceForm
from common.permissions import Can
from inventory.models.lot import stock_day
from sales.models import SalesPrice
from sales.services.prices import change_sales_price, create_sales_price, delete_sales_price


class SalesPriceForm(ServiceForm):
    """A new price is in the product's currency unless it says another."""

    class Meta:
        model = SalesPrice
        fields = ["variation", "currency", "price", "min_quantity", "valid_from", "valid_until"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "currency" in self.fields:
            self.fields["currency"].required = False
            self.fields["currency"].help_text = "Empty: the product's."


class ValidFilter(admin.SimpleListFilter):
    """Prices that hold today, or those that do not."""

    title = "validity"
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("today", "Valid today"), ("not", "Not valid today")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        valid = SalesPrice.objects.valid_on(stock_day())
        if self.value() == "today":
            return queryset.filter(pk__in=valid.values("pk"))
        return queryset.exclude(pk__in=valid.values("pk")) if self.value() == "not" else None


@admin.register(SalesPrice)
class SalesPriceAdmin(ScopedAdmin):
    """What goods cost customers, by currency, day and quantity."""

    may_view = Can.VIEW_STOCK
    may_add = may_change = may_delete = Can.MANAGE_CATALOGUE
    form = SalesPriceForm
    list_display = [
        "variation", "product", "currency", "price", "min_quantity", "valid_from", "valid_until",
    ]  # fmt: skip
    list_filter = [ValidFilter, "currency"]
    list_select_related = ["variation__product"]
    search_fields = ["variation__sku_code", "variation__product__name"]
    autocomplete_fields = ["variation"]
    fields = [
        "variation", ("currency", "price"), "min_quantity", ("valid_from", "valid_until"),
    ]  # fmt: skip

    @admin.display(ordering="variation__product__name")
    def product(self, row: SalesPrice) -> str:
        return row.variation.product.name

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A price stays with its goods: delete it and make another."""
        return ["variation"] if obj else []

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> SalesPrice:
        values = dict(form.cleaned_data)
        if change:
            row = SalesPrice.objects.select_related("variation__product").get(pk=form.instance.pk)
            return change_sales_price(row=row, values=values)
        if not values["currency"]:
            del values["currency"]
        return create_sales_price(variation=values.pop("variation"), values=values)

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        delete_sales_price(row=row)
