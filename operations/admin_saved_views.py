"""All saved filters in one list; they are made and used on the lists themselves."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import ScopedAdmin, caller
from common.admin_saved_views import page_name
from common.api.saved_views import lists_of
from common.models import SavedView
from common.permissions import Can
from common.saved_views import delete_saved_view


@admin.register(SavedView)
class SavedViewAdmin(ScopedAdmin):
    """One's own filters, and those that others shared of lists that one may read."""

    may_view = may_delete = Can.SIGN_IN
    list_display = ["name", "resource", "query", "owner", "is_shared", "is_default", "updated_at"]
    list_filter = ["is_shared", "is_default"]
    list_select_related = ["owner"]
    search_fields = ["name", "resource"]
    fields = ["name", "resource", "query", "owner", "is_shared", "is_default", "created_at"]
    readonly_fields = ["created_at"]

    def scope(self, request: HttpRequest) -> Any:
        pages = [
            page_name(model)
            for model, page in self.admin_site._registry.items()
            if page.has_view_permission(request)
        ]
        readable = [*pages, *lists_of(caller(request))]
        return SavedView.objects.visible_to(caller(request)).filter(resource__in=readable)

    def delete_through_service(self, request: HttpRequest, row: SavedView) -> None:
        delete_saved_view(view=row, acting_user=caller(request))
