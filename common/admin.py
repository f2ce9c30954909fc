"""What every page of the admin site is made of.

Rights come from common.permissions, rows from `visible_to`, and whatever has a rule is written by
the services: their refusals appear in the form or as a message, and nothing is lost.
"""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import PaginationInlineFormSet
from unfold.paginator import InfinitePaginator

from common.admin_columns import (
    QUANTITY_PLACES,
    UNIT_COST_PLACES,
    PlainDecimalField,
    ScopedList,
    list_column,
    searched_words,
    trimmed_fields,
)
from common.admin_forms import CODES, AutocompleteOfKeys, UpperCaseField
from common.admin_forms import ServiceForm as ServiceForm
from common.admin_history import AuditHistoryMixin
from common.admin_rights import allows as allows
from common.admin_rights import caller as caller
from common.admin_rights import offered as offered
from common.admin_saved_views import SavedViewsMixin
from common.admin_saving import note_changes, persistently, refused_form
from common.admin_steps import FileStep, Step
from common.exceptions import DomainError, StaleVersion
from common.permissions import Can
from common.references import as_primary_key

SMALLEST_QUANTITY, LARGEST_QUANTITY = Decimal("0.001"), Decimal("99999999.999")
LARGEST_AMOUNT = Decimal(1_000_000_000)


class GuardedMixin(BaseModelAdmin[Any]):
    """Rights by the role table, and foreign keys that offer only what the user may see."""

    may_view: Can
    may_add: Can | None = None
    may_change: Can | None = None
    may_delete: Can | None = None
    form: Any = ServiceForm
    positive_fields: tuple[str, ...] = ()

    @property
    def readonly_preprocess_fields(self) -> dict[str, Any]:
        """How values are written that cannot be changed on a page."""
        model: Any = self.model
        return trimmed_fields(model)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return allows(request, self.may_view)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return allows(request, self.may_add)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return allows(request, self.may_change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return allows(request, self.may_delete)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", offered(db_field.remote_field.model, request.user))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = AutocompleteOfKeys(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if any(code in db_field.validators for code in CODES):
            kwargs["form_class"] = UpperCaseField
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        if isinstance(db_field, models.DecimalField):
            is_positive = db_field.name in self.positive_fields
            kwargs["min_value"] = SMALLEST_QUANTITY if is_positive else Decimal(0)
            is_quantity = db_field.decimal_places == QUANTITY_PLACES
            kwargs["max_value"] = LARGEST_QUANTITY if is_quantity else LARGEST_AMOUNT
            if db_field.decimal_places in (QUANTITY_PLACES, UNIT_COST_PLACES):
                kwargs["form_class"] = PlainDecimalField
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class InlinePages(PaginationInlineFormSet):
    """Rows in pages; whatever asks for no page gets the first."""

    def get_page_num(self) -> int:
        key = self.get_pagination_key()
        return as_primary_key(self.request.GET.get(key) or self.request.POST.get(key, "")) or 1


class ScopedInline(GuardedMixin, TabularInline):
    """Rows of another row, which decides who sees them."""

    formset = InlinePages

    extra = 0
    show_change_link = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows in an order, as pages need."""
        rows = super().get_queryset(request)
        return rows if rows.ordered else rows.order_by("pk")

    def rows_a_page(self, request: HttpRequest, obj: Any) -> int | None:
        """Return how many rows are shown at once; None: all, as where they are written."""
        rows: int | None = self.per_page
        return rows


class ReadOnlyInline(ScopedInline):
    """Rows of another row that only services write."""

    can_delete = False
    per_page = 50


class ScopedAdmin(SavedViewsMixin, AuditHistoryMixin, GuardedMixin, ModelAdmin):
    """Rows that the user may see, with the steps that their state and the user's role permit."""

    list_filter_submit = True
    warn_unsaved_form = True
    show_full_result_count = False
    change_form_before_template = "admin/version.html"
    steps: tuple[Step, ...] = ()
    search_help_text: Any = None

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)  # type: ignore[call-arg]
        self.search_help_text = self.search_help_text or searched_words(model, self.search_fields)

    def get_list_display(self, request: HttpRequest) -> Any:
        model: Any = self.model
        names = super().get_list_display(request)
        return [list_column(model, one) if isinstance(one, str) else one for one in names]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return ScopedList

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """Show rows of an inline in pages, if it wants that; there is one inline a request."""
        if isinstance(inline, ScopedInline):
            inline.per_page = inline.rows_a_page(request, obj if obj.pk else None)
        options: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        return options

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = self.scope(request)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def scope(self, request: HttpRequest) -> Any:
        """Return the rows that the user may see; models without `visible_to` say which."""
        return self.model._default_manager.visible_to(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_actions(self, request: HttpRequest) -> Any:
        """Never delete in bulk: each row goes through its service."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the rows alone: what else goes, or keeps them, is the service's to say."""
        return [str(row) for row in objs], {}, set(), []

    # Saving

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Save, or show the form as it was filled in with the reason why nothing was saved."""
        show = super().changeform_view
        if request.method != "POST":
            return show(request, object_id, form_url, extra_context)
        try:
            return persistently(lambda: show(request, object_id, form_url, extra_context))
        except DomainError as error:
            request.refusal = error  # type: ignore[attr-defined]
            return show(request, object_id, form_url, extra_context)

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: Any
    ) -> Any:
        if request.method == "POST" and object_id and not hasattr(request, "refusal"):
            self.refuse_stale(request, object_id)
        return super()._changeform_view(request, object_id, form_url, extra_context)

    def refuse_stale(self, request: HttpRequest, object_id: str) -> None:
        """Lock the row; raise StaleVersion where it changed since the form was shown."""
        seen = request.POST.get("_version")
        row = self.get_object(request, unquote(object_id))
        if row is None or not seen or not self.has_change_permission(request, row):
            return
        self.lock(row)
        if seen != self.version_of(self.get_object(request, unquote(object_id))):
            raise StaleVersion(
                "Somebody else changed this since you opened it. What you entered is still here: "
                "compare it with the present values (open the page in another tab), then save "
                "again to put yours in their place."
            )

    def lock(self, row: Any) -> None:
        """Lock a row before its version is compared, in the order that its service locks."""
        rows = type(row)._base_manager.select_for_update(no_key=True)
        list(rows.filter(pk=row.pk).values_list("pk"))

    def version_of(self, row: Any) -> str:
        """Return what differs as soon as somebody changes what the form shows."""
        changed: Any = getattr(row, "updated_at", None)
        return changed.isoformat() if changed else ""

    def render_change_form(self, request: HttpRequest, context: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        context["version"] = self.version_of(row) if row is not None and row.pk else ""
        context["show_history"] = row is not None and self.may_read_history(request, row)
        return super().render_change_form(request, context, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        refusal = getattr(request, "refusal", None)
        return form if refusal is None else refused_form(form, refusal, self.texts_of(refusal, obj))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Wait for the rows below: `save_related` hands all of it to the service."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        saved = self.save_through_service(request, form, formsets, change)
        form.instance.pk = saved.pk
        form.instance.refresh_from_db()
        for formset in formsets:
            note_changes(formset)

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> Any:
        """Write a valid form and its rows; return the row."""
        raise NotImplementedError

    # Deleting

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        show = super().delete_view
        try:
            return persistently(lambda: show(request, object_id, extra_context))
        except DomainError as error:
            self.tell(request, error)
            return self.to_change_page(object_id)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Write history with the deletion itself, in `delete_model`."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        key = obj.pk
        self.delete_through_service(request, obj)
        obj.pk = key
        super().log_deletions(request, [obj])

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        raise NotImplementedError

    # Steps

    def _get_instance_method(self, method_name: str) -> Any:
        """Return the view of a step, which the site asks for under its name."""
        for step in self.steps:
            if step.name == method_name:
                is_file = isinstance(step, FileStep)
                return step.as_action(self.give_file if is_file else self.take_step)
        return super()._get_instance_method(method_name)

    @property
    def actions_detail(self) -> list[Any]:
        """The buttons of a page, and behind them a menu of what is done less often."""
        aside = [step.name for step in self.steps if step.is_aside]
        menu = [{"title": "More", "icon": "more_horiz", "items": aside}] if aside else []
        return [*[step.name for step in self.steps if not step.is_aside], *menu]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Offer the steps that are lawful now and the user's role has."""
        row = self.get_object(request, unquote(str(object_id)))
        offered_now = {
            step.name
            for step in self.steps
            if row is not None
            and allows(request, step.permission)
            and step.lawful(row)
            and step.is_for(row, request.user)
        }
        return [
            action for action in super().get_actions_detail(request, object_id)
            if action.path in offered_now
        ]  # fmt: skip

    def take_step(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        """Ask for confirmation (GET), or do it and say what happened (POST)."""
        if not allows(request, step.permission):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return gone
        posted = request.POST if request.method == "POST" else None
        form = step.form_for(row, posted, request.user)
        if request.method != "POST" or (form is not None and not form.is_valid()):
            if not step.lawful(row):
                messages.warning(request, f"{row} cannot do that in its present state.")
                return self.to_change_page(object_id)
            return self.ask(request, row, step, form)
        wanted = {} if form is None else form.cleaned_data
        try:
            done = persistently(lambda: step.run(row, request.user, **wanted))
        except DomainError as error:
            self.tell(request, error, row)
            row = self.get_object(request, unquote(object_id))
            if form is not None and row is not None and step.lawful(row):
                return self.ask(request, row, step, form)  # with all that was entered
        else:
            self.log_change(request, row, step.title)
            messages.success(request, done)
        return self.to_change_page(object_id)

    def give_file(self, request: HttpRequest, object_id: str, step: FileStep) -> HttpResponse:
        """Open a document, or say why there is none."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not allows(request, step.permission):
            raise PermissionDenied
        try:
            return step.give(row, request.user)
        except DomainError as error:
            self.tell(request, error, row)
            return self.to_change_page(row.pk)

    def ask(self, request: HttpRequest, row: Any, step: Step, form: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{step.title}: {row}",
            "row": row,
            "step": step,
            "form": form,
            "back": self.change_address(row.pk),
        }
        return TemplateResponse(request, "admin/step.html", context)

    # Telling

    def tell(self, request: HttpRequest, error: DomainError, row: Any = None) -> None:
        for text in self.texts_of(error, row):
            messages.error(request, text)

    def texts_of(self, error: DomainError, row: Any = None) -> list[str]:
        """Say a refusal: its message, then every line that it names."""
        lines = [line for line in error.details.get("lines", []) if isinstance(line, dict)]
        told = [self.text_of_line(line, row) for line in lines]
        told += [
            text
            for field, texts in error.details.items()
            if field.startswith("items.")
            for text in texts
        ]
        return list(dict.fromkeys([error.message, *told]))

    def text_of_line(self, line: dict[str, Any], row: Any) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in line.items())

    def change_address(self, key: Any) -> str:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[key])

    def to_change_page(self, object_id: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.change_address(unquote(str(object_id))))


class ReadOnlyAdmin(ScopedAdmin):
    """Rows that only services and the system write."""

    may_add = may_change = may_delete = None


class HistoryAdmin(ReadOnlyAdmin):
    """Rows without number: pages are turned without counting them."""

    paginator = InfinitePaginator
    list_per_page = 50
