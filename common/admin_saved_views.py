"""Saved filters on every list of the admin site: keep the present one, pick, share, delete."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.admin.options import (
    IS_FACETS_VAR,
    IS_POPUP_VAR,
    TO_FIELD_VAR,
    BaseModelAdmin,
    IncorrectLookupParameters,
)
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from common.admin_rights import allows, caller
from common.admin_saving import persistently
from common.exceptions import DomainError, InvalidInput
from common.models import SavedView
from common.permissions import Can
from common.references import as_primary_key
from common.saved_views import (
    canonical_query,
    change_saved_view,
    create_saved_view,
    delete_saved_view,
)

STEP = "_saved_view"
NOT_SAVED = {ALL_VAR, ERROR_FLAG, IS_FACETS_VAR, IS_POPUP_VAR, PAGE_VAR, TO_FIELD_VAR}
CHANGES: dict[str, dict[str, Any]] = {
    "share": {"is_shared": True},
    "unshare": {"is_shared": False},
    "open_with": {"is_default": True},
    "open_without": {"is_default": False},
}
SAID = {
    "share": "Everybody is offered “{}” now.",
    "unshare": "“{}” is your own again.",
    "open_with": "The list opens with “{}” from now on.",
    "open_without": "The list opens with all rows from now on.",
}


def page_name(model: Any) -> str:
    """Return what the page of a model's list is called in saved filters."""
    return f"admin/{model._meta.app_label}/{model._meta.model_name}"


def present_query(request: HttpRequest) -> str:
    """Return how the list is filtered, searched and ordered now."""
    return canonical_query(
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if name not in NOT_SAVED
    )


class SavedViewsMixin(BaseModelAdmin[Any]):
    """Every list offers the filters that its user, or somebody for everybody, saved of it."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        show: Any = super().changelist_view  # type: ignore[misc]
        if IS_POPUP_VAR in request.GET or not self.can_be_narrowed():
            return show(request, extra_context)  # type: ignore[no-any-return]
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST" and STEP in request.POST:
            return self.take_saved_view_step(request)
        views = list(self.saved_views(request).select_related("owner"))
        default = next((one for one in views if self.opens_with(request, one)), None)
        if default is not None:
            return HttpResponseRedirect(f"{request.path}?{default.query}")
        present = present_query(request)
        context = {
            "saved_views": views,
            "own_saved_views": [one for one in views if one.owner_id == request.user.pk],
            "present_query": present,
            "may_share_views": allows(request, Can.USE_BACK_OFFICE),
        }
        return show(request, {**(extra_context or {}), **context})  # type: ignore[no-any-return]

    def can_be_narrowed(self) -> bool:
        admin: Any = self
        return bool(admin.list_filter or admin.search_fields)

    def saved_views(self, request: HttpRequest) -> Any:
        return SavedView.objects.visible_to(request.user).filter(resource=page_name(self.model))

    def opens_with(self, request: HttpRequest, view: SavedView) -> bool:
        """Say whether the list was opened from elsewhere, and its user wants it filtered so."""
        came_from = urlsplit(request.headers.get("Referer", "")).path
        own = view.is_default and view.owner_id == request.user.pk
        return own and request.method == "GET" and not request.GET and came_from != request.path

    def take_saved_view_step(self, request: HttpRequest) -> HttpResponse:
        """Save the present filter, or change a saved one; then show the list again."""
        step = request.POST[STEP]
        try:
            told = persistently(lambda: self.change_saved_views(request, step))
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, told)
        return HttpResponseRedirect(request.get_full_path())

    def save_present_view(self, request: HttpRequest) -> str:
        """Save how the list is narrowed now; raises InvalidInput where the list refuses it."""
        admin: Any = self
        try:
            admin.get_changelist_instance(request)
        except IncorrectLookupParameters:
            raise InvalidInput("The list does not know these filters. Choose others.") from None
        view = create_saved_view(
            resource=page_name(self.model),
            name=request.POST.get("name", ""),
            query=present_query(request),
            is_shared="is_shared" in request.POST,
            is_default="is_default" in request.POST,
            acting_user=caller(request),
        )
        return f"Saved as “{view}”."

    def change_saved_views(self, request: HttpRequest, step: str) -> str:
        """Do what a button says and return what to say of it."""
        if step == "save":
            return self.save_present_view(request)
        key = as_primary_key(request.POST.get("key", "")) or 0
        view = self.saved_views(request).filter(pk=key).first()
        if view is None or step not in {*CHANGES, "delete", "rename"}:
            raise InvalidInput("This filter is not there any more.")
        if step == "delete":
            delete_saved_view(view=view, acting_user=caller(request))
            return f"“{view}” is deleted."
        if step == "rename":
            values = {"name": request.POST.get("name", "")}
            renamed = change_saved_view(view=view, values=values, acting_user=caller(request))
            return f"It is called “{renamed}” now."
        change_saved_view(view=view, values=CHANGES[step], acting_user=caller(request))
        return SAID[step].format(view)
