"""The audit in the back office: for administrators, to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import HistoryAdmin
from common.audit import audited_types
from common.models import AuditEntry
from common.permissions import Can


class TypeFilter(admin.SimpleListFilter):
    title = "object type"
    parameter_name = "object_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name.replace("_", " ")) for name in audited_types()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(object_type=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(HistoryAdmin):
    """Who changed what, from what, to what, when and through which door."""

    may_view = Can.VIEW_AUDIT
    list_display = [
        "recorded_at", "actor", "door", "action", "object_type", "object_code", "what",
    ]  # fmt: skip
    list_filter = [TypeFilter, "door", "action", ("recorded_at", admin.DateFieldListFilter)]
    list_select_related = ["actor"]
    search_fields = ["=object_code", "=actor__username", "=request_id"]
    search_help_text = "A code, a user name or a request id, as a whole."
    readonly_fields = [
        "recorded_at", "actor", "door", "origin", "address", "request_id", "action",
        "object_type", "object_code", "object_id", "what",
    ]  # fmt: skip
    fields = (*readonly_fields,)

    def scope(self, request: HttpRequest) -> Any:
        return AuditEntry.objects.all()

    @admin.display(description="from → to")
    def what(self, entry: AuditEntry) -> str:
        texts = [f"{column}: {before} → {after}" for column, before, after in entry.columns]
        return "; ".join(texts)
