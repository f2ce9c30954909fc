"""The audit in the back office: for administrators, to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import HistoryAdmin
from common.admin_columns import ScopedList
from common.audit import audited_types
from common.audit_words import name_references
from common.models import NOTHING, AuditEntry
from common.permissions import Can

COLUMNS_OF_A_ROW, LONGEST_TEXT = 5, 80


class NamingList(ScopedList):
    """A page of entries with the codes of what they refer to."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[AuditEntry] = list(self.result_list)
        name_references(self.result_list, request.user)


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
        "recorded_at", "actor", "door", "action", "object_type", "object_code", "in_short",
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

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return NamingList

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        entry = super().get_object(request, object_id, from_field)
        if entry is not None:
            name_references([entry], request.user)
        return entry

    @admin.display(description="from → to")
    def what(self, entry: AuditEntry) -> str:
        return "; ".join(told(entry))

    @admin.display(description="from → to")
    def in_short(self, entry: AuditEntry) -> str:
        texts = told(entry)
        more = len(texts) - COLUMNS_OF_A_ROW
        rest = [f"and {more} more"] if more > 0 else []
        return "; ".join([*(shorten(text) for text in texts[:COLUMNS_OF_A_ROW]), *rest])


def told(entry: AuditEntry) -> list[str]:
    """Say each column that changed; of a row that is new or gone, those that hold something."""
    if entry.action == AuditEntry.Action.CHANGED:
        return [f"{column}: {before} → {after}" for column, before, after in entry.columns]
    position = 2 if entry.action == AuditEntry.Action.CREATED else 1
    held = [(columns[0], columns[position]) for columns in entry.columns]
    return [f"{column}: {value}" for column, value in held if value != NOTHING]


def shorten(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
