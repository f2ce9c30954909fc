"""The catalogue in the admin site, every write through its services."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from common.admin import ScopedAdmin, ScopedInline
from common.admin_columns import ScopedList, plain
from common.admin_saving import filled_rows
from common.exceptions import InvalidInput
from common.permissions import Can
from inventory.admin.catalogue_forms import (
    KEEPING,
    MEASURES,
    VARIATION_FIELDS,
    CategoryForm,
    NewProductForm,
    ProductForm,
    SourcingForm,
    VariationForm,
)
from inventory.admin.finding import SEARCH_HELP, found_in_admin
from inventory.admin.labels import LabelsMixin, lines_of_variations
from inventory.admin.prices import SupplierPriceInline
from inventory.labels.content import LabelLine
from inventory.models import Category, Product, ProductSupplier, ProductVariation, Stock
from inventory.queries import NO_STOCK, StockTotals, product_totals, warehouses_counted
from inventory.search import matching_products, matching_variations
from inventory.services.catalogue import create_product, delete_product, update_product
from inventory.services.categories import create_category, delete_category, update_category
from inventory.services.variations import create_variation, delete_variation, update_variation
from inventory.sourcing import preferred_suppliers
from warehouses.models import Warehouse

HISTORY = ["created_by", "last_modified_by", "created_at", "updated_at"]
FIRST_VARIATION = [
    ("sku_code", "barcode"), ("cost_price", "selling_price", "allow_below_cost"),
    ("reorder_level", "stock_unit"), ("current_stock", "warehouse"),
]  # fmt: skip
STATUS_LABELS = {"Active": "success", "Pending": "warning", "Discontinued": "danger"}
POSITIVE = ("reorder_level", "reorder_quantity", "pack_size")


class CatalogueAdmin(ScopedAdmin):
    """Everybody sees the catalogue, managers write it."""

    may_view = Can.VIEW_STOCK
    may_add: Can | None = Can.MANAGE_CATALOGUE
    may_change = may_delete = Can.MANAGE_CATALOGUE
    positive_fields = POSITIVE


class VariationInline(ScopedInline):
    model = ProductVariation
    form = VariationForm
    may_view = Can.VIEW_STOCK
    may_add = may_change = may_delete = Can.MANAGE_CATALOGUE
    positive_fields = POSITIVE
    fields = [
        "sku_code", "barcode", "cost_price", "selling_price", "reorder_level", "is_default",
        "is_active", "allow_below_cost",
    ]  # fmt: skip
    show_change_link = True
    hide_title = False  # it leads to the page of the row


class SourcingInline(ScopedInline):
    model = ProductSupplier
    form = SourcingForm
    may_view = Can.VIEW_STOCK
    may_add = may_change = may_delete = Can.MANAGE_CATALOGUE
    positive_fields = POSITIVE
    autocomplete_fields = ["supplier"]
    verbose_name_plural = "suppliers"
    fields = [*SourcingForm.Meta.fields[:3], "preferred", *SourcingForm.Meta.fields[3:]]
    readonly_fields = ["preferred"]

    @display(boolean=True)
    def preferred(self, row: ProductSupplier) -> bool:
        """Say whether the product is bought from this one now, by hand or by the rule."""
        if row.pk is None:
            return False
        if not hasattr(self, "chosen"):
            self.chosen = preferred_suppliers([row.product_id])
        return self.chosen.get(row.product_id) == row


@admin.register(Category)
class CategoryAdmin(CatalogueAdmin):
    form = CategoryForm
    list_display = ["code", "name", "parent"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["parent"]
    ordering = ["name", "pk"]

    def lock(self, row: Any) -> None:
        """Lock the whole tree, in the order in which a new parent does."""
        list(Category.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> Category:
        if not change:
            return create_category(values=form.cleaned_data)
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        category = Category.objects.get(pk=form.instance.pk)
        return update_category(category=category, values=values)

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        delete_category(category=row)


class StockedList(ScopedList):
    """A page of products with their stock in the user's warehouses, in two queries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        products = list(self.result_list)
        keys = [product.pk for product in products]
        totals = product_totals(keys, warehouses_counted(request.user))
        defaults = ProductVariation.objects.filter(product__in=keys, is_default=True)
        prices = dict(defaults.values_list("product_id", "selling_price"))
        for product in products:
            product.totals = totals[product.pk]
            product.default_price = prices.get(product.pk)
        self.result_list: Any = products


def totals_of(product: Product) -> StockTotals:
    return getattr(product, "totals", NO_STOCK)


class KeptWhereUsedAdmin(CatalogueAdmin):
    """Rows that stay, out of use, where stock or documents refer to them."""

    kept_text = ""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        if self.is_deleted(request, obj):
            self.log_change(request, obj, "Deleted.")
        else:
            request.kept = True  # type: ignore[attr-defined]
            self.log_change(request, obj, self.kept_text)

    def is_deleted(self, request: HttpRequest, row: Any) -> bool:
        """Delete a row through its service and say whether it is gone."""
        raise NotImplementedError

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        if not hasattr(request, "kept"):
            return super().response_delete(request, obj_display, obj_id)
        messages.warning(request, f"{obj_display}: {self.kept_text}")
        return self.to_change_page(obj_id)


@admin.register(Product)
class ProductAdmin(LabelsMixin, KeptWhereUsedAdmin):
    """A product with its variations, its suppliers and its stock in the user's warehouses."""

    kept_text = "Stock or documents refer to it, so it was discontinued instead of deleted."
    form = ProductForm
    list_display = [
        "code", "name", "category", "on_hand", "available", "incoming", "selling_price", "state",
    ]  # fmt: skip
    list_filter = ["status", "category"]
    list_select_related = ["category"]
    search_fields = ["code", "name", "description"]
    search_help_text = SEARCH_HELP
    autocomplete_fields = ["category"]
    readonly_fields = HISTORY
    inlines = [VariationInline, SourcingInline, SupplierPriceInline]
    change_form_outer_before_template = "admin/product_stock.html"
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return StockedList

    @admin.display
    def on_hand(self, row: Product) -> str:
        return plain(totals_of(row).on_hand)

    @admin.display
    def available(self, row: Product) -> str:
        return plain(totals_of(row).available)

    @admin.display
    def incoming(self, row: Product) -> str:
        return plain(totals_of(row).incoming)

    @admin.display
    def selling_price(self, row: Product) -> str:
        """Return what the default variation sells for."""
        price = getattr(row, "default_price", None)
        return "" if price is None else f"{price} {row.currency}"

    @display(description="Status", ordering="status", label=STATUS_LABELS)
    def state(self, row: Product) -> str:
        return row.get_status_display()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return found_in_admin(request, queryset, search_term, matching_products), False

    def label_lines(self, rows: Any, copies: int | None) -> list[LabelLine]:
        return lines_of_variations(ProductVariation.objects.filter(product__in=rows), copies)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewProductForm
        form = super().get_form(request, obj, **kwargs)
        if "warehouse" in form.base_fields:
            own = Warehouse.objects.member(request.user).filter(is_active=True)
            form.base_fields["warehouse"].queryset = own
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        what = [("code", "status"), "name", "description", "category", "tags"]
        more = [
            ("Measures", {"fields": [tuple(MEASURES[:2]), tuple(MEASURES[2:])]}),
            ("Keeping", {"fields": [*KEEPING[:2], tuple(KEEPING[2:])]}),
        ]
        if obj is None:
            first = ("Default variation", {"fields": FIRST_VARIATION})
            return [(None, {"fields": [*what, "currency"]}), first, *more]
        more += [("History", {"fields": [tuple(HISTORY[:2]), tuple(HISTORY[2:])]})]
        return [(None, {"fields": [*what, "currency"]}), *more]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else []

    def render_change_form(self, request: HttpRequest, context: Any, **kwargs: Any) -> Any:
        product = kwargs.get("obj")
        if product is not None and product.pk:
            context["stock_rows"] = (
                Stock.objects.visible_to(request.user)
                .filter(variation__product=product)
                .select_related("variation", "warehouse")
                .order_by("warehouse__code", "variation__sku_code")
            )
        return super().render_change_form(request, context, **kwargs)

    def version_of(self, row: Any) -> str:
        times = row.variations.order_by("pk").values_list("pk", "updated_at")
        return " ".join([super().version_of(row), *(f"{pk}:{at.isoformat()}" for pk, at in times)])

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> Product:
        values = product_values(form, change)
        if not change:
            return create_product(values=values, acting_user=request.user)
        product = Product.objects.get(pk=form.instance.pk)
        variations, sourcing = (
            by_model(formsets, ProductVariation),
            by_model(formsets, ProductSupplier),
        )
        if sourcing is not None and sourcing.has_changed():
            values["sourcing"] = sourcing_lines(sourcing)
        product = update_product(product=product, values=values, acting_user=request.user)
        if variations is not None:
            save_variations(product, variations, request.user)
        return product

    def is_deleted(self, request: HttpRequest, row: Any) -> bool:
        return delete_product(product=row, acting_user=request.user)


def product_values(form: Any, change: bool) -> dict[str, Any]:
    """Return what a form changes of a product, in the words of its service."""
    filled = form.cleaned_data
    names = form.changed_data if change else filled
    values = {name: filled[name] for name in names if filled.get(name) is not None}
    if change:
        values |= {name: None for name in MEASURES if name in names and filled[name] is None}
    values.pop("category", None)
    if "category" in names:
        category = filled["category"]
        values |= {"category": category.code if category else None, "subcategory": ""}
    for made in ("code", "sku_code"):
        if not values.get(made, "made"):
            del values[made]
    if "warehouse" in values:
        values["warehouse"] = values["warehouse"].code
    return values


def sourcing_lines(formset: Any) -> list[dict[str, Any]]:
    """Return who supplies the product; one that is deleted leaves, one twice is refused."""
    lines = [
        {name: row[name] for name in SourcingForm.Meta.fields if name in row}
        for row in filled_rows(formset)
    ]
    if sum(line["is_primary"] for line in lines) > 1:
        raise InvalidInput("One supplier is the primary one. Choose one of them.")
    return lines


def save_variations(product: Product, formset: Any, acting_user: Any) -> None:
    """Write the variations of a product; a new default takes over before the old one leaves."""
    changed = [form for form in formset.forms if form.has_changed()]
    kept = [form for form in changed if form not in formset.deleted_forms]
    has_new_default = any(form.values().get("is_default") for form in kept)
    for form in sorted(kept, key=lambda form: not form.values().get("is_default")):
        values = form.values()
        if has_new_default and not values.get("is_default"):
            values.pop("is_default", None)
        if form.instance.pk is None:
            create_variation(product=product, values=values, acting_user=acting_user)
        else:
            variation = ProductVariation.objects.get(pk=form.instance.pk)
            update_variation(variation=variation, values=values, acting_user=acting_user)
    for form in formset.deleted_forms:
        if form.instance.pk:
            delete_variation(variation=form.instance)


def by_model(formsets: Any, model: Any) -> Any:
    return next((formset for formset in formsets if formset.model is model), None)


@admin.register(ProductVariation)
class VariationAdmin(LabelsMixin, KeptWhereUsedAdmin):
    """Variations by themselves; new ones are added on the page of their product."""

    kept_text = "Stock or documents refer to it, so it was deactivated instead of deleted."
    may_add = None
    form = VariationForm
    list_display = [
        "sku_code", "product", "barcode", "cost_price", "selling_price", "reorder_level",
        "is_default", "is_active",
    ]  # fmt: skip
    list_filter = ["is_active", "is_default"]
    list_select_related = ["product"]
    search_fields = ["sku_code", "barcode", "product__name"]
    search_help_text = SEARCH_HELP
    fields = ["product", *VARIATION_FIELDS, "allow_below_cost", "attributes", "prices_changed_at"]
    readonly_fields = ["product", "attributes", "prices_changed_at"]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return found_in_admin(request, queryset, search_term, matching_variations), False

    def label_lines(self, rows: Any, copies: int | None) -> list[LabelLine]:
        return lines_of_variations(rows, copies)

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> ProductVariation:
        variation = ProductVariation.objects.get(pk=form.instance.pk)
        return update_variation(variation=variation, values=form.values(), acting_user=request.user)

    def lock(self, row: Any) -> None:
        """Lock the product first, as every writer of its variations does."""
        list(Product.objects.select_for_update(no_key=True).filter(pk=row.product_id))
        super().lock(row)

    def is_deleted(self, request: HttpRequest, row: Any) -> bool:
        return delete_variation(variation=row)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = list(self.fields)
        if not self.has_change_permission(request, obj):
            fields.remove("allow_below_cost")
        return fields
