"""Stock and its value on a past day, in the back office."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin import ScopedAdmin, allows, caller
from common.admin_columns import plain
from common.admin_forms import DayInput
from common.documents.words import money
from common.exceptions import InvalidInput
from common.permissions import Can
from inventory.as_of import stock_as_of, valuation
from inventory.models import Stock
from inventory.models.lot import stock_day
from inventory.search import matching_variations
from warehouses.models import Warehouse

SHOWN = 50


class DayForm(forms.Form):
    """Which day, and which goods if one wants to see their quantities."""

    day = forms.DateField(label="At the end of", widget=DayInput)
    goods = forms.CharField(
        label="Product or SKU", max_length=100, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="Shows how much of it there was.",
    )  # fmt: skip

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > stock_day():
            raise forms.ValidationError("Lies in the future. Choose today or an earlier day.")
        return day


class PastStockMixin(ScopedAdmin):
    """The list of balances leads to what they were on a past day."""

    actions_list = ["past_stock"]

    def has_past_permission(self, request: HttpRequest) -> bool:
        return allows(request, Can.VIEW_STOCK)

    @action(description="On a past day", url_path="past", icon="history", permissions=["past"])
    def past_stock(self, request: HttpRequest) -> HttpResponse:
        """Show what stock was worth by warehouse at the end of a day, and how much of what."""
        user = caller(request)
        first = {"day": stock_day() - timedelta(days=1)}
        form = DayForm(request.GET if "day" in request.GET else None, initial=first)
        day: date = first["day"]
        term = ""
        if form.is_bound and form.is_valid():
            day, term = form.cleaned_data["day"], form.cleaned_data["goods"].strip()
        is_wrong = form.is_bound and not form.is_valid()
        goods = balances_then(day, term, user, form) if term else []
        told = None if is_wrong else valuation(day, Warehouse.objects.member(user), user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Stock on a past day",
            "form": form,
            "day": day,
            "told": told,
            "worth": values_of(told) if told else [],
            "goods": goods[:SHOWN],
            "shown": SHOWN if len(goods) > SHOWN else None,
            "term": term,
            "files": files_of(day),
            "back": reverse(f"{self.admin_site.name}:inventory_stock_changelist"),
        }
        return TemplateResponse(request, "admin/past_stock.html", context)


def values_of(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what stock was worth in each warehouse, on its way, and in all."""
    rows = [(row["warehouse"], money(row["value"])) for row in told["warehouses"]]
    if told["in_transit"] is not None:
        rows.append(("On its way between them", money(told["in_transit"])))
    return [*rows, ("In all", money(told["total_value"]))]


def balances_then(day: date, term: str, user: Any, form: forms.Form) -> list[tuple[str, ...]]:
    """Return how much there was of what a term finds: SKU, product, warehouse, quantity, value.

    One more than are shown, where there are.
    """
    try:
        found = matching_variations(term)
    except InvalidInput as error:
        form.add_error("goods", error.message)
        return []
    balances = Stock.objects.visible_to(user).filter(variation__in=found)
    rows: Any = stock_as_of(balances, day).select_related("variation__product", "warehouse")
    return [
        (
            row.variation.sku_code, row.variation.product.name, row.warehouse.code,
            f"{plain(row.quantity_then)} {row.variation.stock_unit}", money(row.value_then),
        )
        for row in rows.order_by("variation__sku_code", "warehouse__code")[: SHOWN + 1]
    ]  # fmt: skip


def files_of(day: date) -> dict[str, str]:
    """Return where the figures of a day are had as files."""
    query = urlencode({"as_of": day, "format": "csv"})
    return {
        "Values as CSV": f"{reverse('stock-valuation')}?{query}",
        "Balances as CSV": f"{reverse('stock-list')}?{query}",
    }
