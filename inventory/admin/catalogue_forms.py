"""Forms of the catalogue; the services judge what they hold."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from common.admin import LARGEST_AMOUNT, LARGEST_QUANTITY, ServiceForm
from common.admin_forms import UpperCaseField
from common.validators import item_code
from inventory.models import Category, Product, ProductSupplier, ProductVariation
from warehouses.models import Warehouse

DESCRIPTION = ["code", "name", "description", "category", "status", "tags"]
MEASURES = ["weight", "length", "width", "height"]
KEEPING = [
    "warehouse_location", "storage_requirements", "seasonal", "expiration_tracking",
    "lot_tracking",
]  # fmt: skip
PRODUCT_FIELDS = [*DESCRIPTION, "currency", *MEASURES, *KEEPING]
VARIATION_FIELDS = [
    "sku_code", "barcode", "cost_price", "selling_price", "reorder_level", "reorder_quantity",
    "max_stock_level", "stock_unit", "is_default", "is_active",
]  # fmt: skip
BELOW_COST_HELP = "Let the selling price be below the cost price."


def amount_field(label: str, most: Any = LARGEST_AMOUNT, places: int = 4) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=0, max_value=most, decimal_places=places, required=False,
        widget=UnfoldAdminDecimalFieldWidget,
    )  # fmt: skip


def below_cost_field() -> forms.BooleanField:
    return forms.BooleanField(
        label="below cost", required=False, widget=UnfoldBooleanSwitchWidget,
        help_text=BELOW_COST_HELP,
    )  # fmt: skip


class CategoryForm(ServiceForm):
    class Meta:
        model = Category
        fields = ["code", "name", "parent"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may_be_empty(self, "code")


class ProductForm(ServiceForm):
    """A product that is there."""

    class Meta:
        model = Product
        fields = PRODUCT_FIELDS


class NewProductForm(ServiceForm):
    """A product with its default variation and the stock that is there already."""

    sku_code = UpperCaseField(
        label="SKU", max_length=30, required=False, validators=[item_code],
        widget=UnfoldAdminTextInputWidget, help_text="Empty: as the product id.",
    )  # fmt: skip
    barcode = forms.CharField(max_length=100, required=False, widget=UnfoldAdminTextInputWidget)
    cost_price = amount_field("Cost price")
    selling_price = amount_field("Selling price", places=2)
    allow_below_cost = below_cost_field()
    reorder_level = amount_field("Reorder threshold", LARGEST_QUANTITY, 3)
    stock_unit = forms.CharField(
        max_length=20, initial="pieces", required=False, widget=UnfoldAdminTextInputWidget
    )
    current_stock = amount_field("Stock now", LARGEST_QUANTITY, 3)
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), required=False, widget=UnfoldAdminSelectWidget,
        help_text="Where the stock is; empty: your default warehouse.",
    )  # fmt: skip

    class Meta:
        model = Product
        fields = PRODUCT_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may_be_empty(self, "code")

    def clean_reorder_level(self) -> Any:
        level = self.cleaned_data["reorder_level"]
        if level == 0:
            raise forms.ValidationError("Enter more than 0, or nothing for no alerts.")
        return level


class VariationForm(ServiceForm):
    """A variation; the switch at its end permits a price that the rules refuse otherwise."""

    allow_below_cost = below_cost_field()

    class Meta:
        model = ProductVariation
        fields = VARIATION_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may_be_empty(self, "sku_code")

    def values(self) -> dict[str, Any]:
        """Return what changed, and an empty SKU as one that shall be made."""
        names = {name for name in self.changed_data if name in self.cleaned_data}
        if self.instance.pk is None:
            names = {*VARIATION_FIELDS, "allow_below_cost"} & self.cleaned_data.keys()
        else:
            names |= {"allow_below_cost"} & self.cleaned_data.keys()
        values = {name: self.cleaned_data[name] for name in names}
        if not values.get("sku_code", ""):
            values.pop("sku_code", None)
        return values


class SourcingForm(ServiceForm):
    class Meta:
        model = ProductSupplier
        fields = [
            "supplier", "is_primary", "is_locked", "is_exclusive", "supplier_product_code",
            "cost_per_unit",
            "lead_time_days", "min_order_quantity", "pack_size",
        ]  # fmt: skip


def may_be_empty(form: Any, name: str) -> None:
    """Let a code be made where a new row has none."""
    if name in form.fields and form.instance.pk is None:
        form.fields[name].required = False
        form.fields[name].help_text = "Empty: the next free one."
