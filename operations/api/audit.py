"""The audit over HTTP: who changed what, from what, to what, when and through which door."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from common.api.filters import (
    FromDay,
    ReferenceFilter,
    StrictFilterBackend,
    StrictOrderingFilter,
    ToDay,
)
from common.api.viewsets import ListRetrieveViewSet
from common.audit import audited_types
from common.models import AuditEntry
from common.permissions import Can
from common.references import as_primary_key
from users.models import User


class ObjectSerializer(serializers.ModelSerializer[AuditEntry]):
    type = serializers.CharField(source="object_type")
    code = serializers.CharField(source="object_code")
    id = serializers.IntegerField(source="object_id")

    class Meta:
        model = AuditEntry
        fields = ["type", "code", "id"]


class DocumentSerializer(serializers.ModelSerializer[AuditEntry]):
    type = serializers.CharField(source="document_type")
    id = serializers.IntegerField(source="document_id", allow_null=True)

    class Meta:
        model = AuditEntry
        fields = ["type", "id"]


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One change of one row; a line of a document also names the document."""

    object = ObjectSerializer(source="*")
    document = DocumentSerializer(source="*")
    user = serializers.CharField(source="actor.code", default=None, allow_null=True)
    user_name = serializers.CharField(source="actor.username", default=None, allow_null=True)
    changes = serializers.DictField(
        child=serializers.ListField(min_length=2, max_length=2),
        help_text="Each column with what it held before and after.",
    )

    class Meta:
        model = AuditEntry
        fields = [
            "id", "recorded_at", "action", "object", "document", "changes", "user", "user_name",
            "door", "origin", "request_id", "address",
        ]  # fmt: skip


def of_row(kind: str, key: int) -> Q:
    """Match the entries of an object and of its lines."""
    return Q(object_type=kind, object_id=key) | Q(document_type=kind, document_id=key)


class AuditFilterSet(filters.FilterSet):
    object_type = filters.ChoiceFilter(
        choices=lambda: [(name, name) for name in audited_types()],
        help_text="Also of the document that the object is a line of.",
        method="of_type",
    )
    object = filters.CharFilter(
        method="of_object",
        help_text="The object's code, of a person the user name too; its primary key, where "
        "object_type is given.",
    )
    user = ReferenceFilter(field_name="actor", queryset=User.objects.all)
    door = filters.ChoiceFilter(choices=AuditEntry.Door.choices)
    action = filters.ChoiceFilter(choices=AuditEntry.Action.choices)
    field = filters.CharFilter(
        field_name="changes", lookup_expr="has_key", help_text="A column that changed."
    )
    request_id = filters.CharFilter()
    start_date = FromDay(field_name="recorded_at")
    end_date = ToDay(field_name="recorded_at")

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def of_type(self, entries: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return entries.filter(Q(object_type=value) | Q(document_type=value))

    def of_object(self, entries: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        text = value.strip()
        named = Q(object_code__in={text, text.upper()})
        kind, key = self.data.get("object_type"), as_primary_key(text)
        if kind and key is not None:
            named |= of_row(kind, key)
        person = User.objects.named(text).values_list("pk", flat=True).first()
        if person is not None and kind in (None, "", "user"):
            named |= of_row("user", person)
        return entries.filter(named)


class AuditViewSet(ListRetrieveViewSet):
    """Every change of every business table, newest first."""

    queryset = AuditEntry.objects.select_related("actor")
    serializer_class = AuditEntrySerializer
    filterset_class = AuditFilterSet
    filter_backends = [StrictFilterBackend, StrictOrderingFilter]
    ordering_fields = ["id"]
    keyset_fields = ["id"]
    resource_name = "audit_entries"
    permissions = {"list": Can.VIEW_AUDIT, "retrieve": Can.VIEW_AUDIT}
