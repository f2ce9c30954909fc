"""The history page of every object: what the audit has of it, whoever wrote and however."""

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from common.admin_rights import allows, offered
from common.audit import lines_of, object_type
from common.audit_words import name_references
from common.models import AuditEntry
from common.permissions import Can

ENTRIES_A_PAGE = 50


class AuditHistoryMixin(BaseModelAdmin[Any]):
    """Managers read the history of what belongs to their warehouses or to the whole company."""

    history_for = Can.VIEW_HISTORY

    def may_read_history(self, request: HttpRequest, row: Any) -> bool:
        if allows(request, Can.VIEW_AUDIT):
            return True
        if not allows(request, self.history_for):
            return False
        found: bool = offered(self.model, request.user).filter(pk=row.pk).exists()
        return found

    def entries_of(self, row: Any) -> Any:
        """Return what the history page of a row tells, newest first."""
        return entries_of(row)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        admin: Any = self
        row = admin.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):  # also where there is none
            raise PermissionDenied
        if row is None:
            gone: HttpResponse = admin._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return gone
        if not self.may_read_history(request, row):
            raise PermissionDenied
        page = Paginator(self.entries_of(row), ENTRIES_A_PAGE).get_page(request.GET.get("p"))
        page.object_list = list(page.object_list)
        name_references(page.object_list, request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {row}",
            "opts": self.opts,
            "object": row,
            "object_type": object_type(type(row)),
            "page": page,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/object_history.html", context)


def entries_of(row: Any, further: Q | None = None) -> Any:
    """Return the entries of an object, of its lines, and what else is told of it, newest first."""
    lines = Q(
        document_type=object_type(type(row)),
        document_id=row.pk,
        object_type__in=lines_of(type(row)),
    )
    own = Q(object_type=object_type(type(row)), object_id=row.pk)
    wanted = own | lines if further is None else own | lines | further
    return AuditEntry.objects.filter(wanted).select_related("actor").order_by("-pk")
