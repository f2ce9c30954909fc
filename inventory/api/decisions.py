"""Decisions about requests: on the flat path by id or code, and on the request's own path."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.fields import ChoiceSynonymField, ReferenceInput
from common.api.synonyms import SynonymsMixin
from common.exceptions import InvalidInput
from inventory.api.document_lines import OPTIONAL

NOTE: dict[str, Any] = {**OPTIONAL, "allow_blank": True, "max_length": 500}
DECISIONS = [("approve", "approve"), ("reject", "reject")]
COUNT_DECISIONS = [*DECISIONS, ("recount", "recount")]
DECISION_SYNONYMS = {
    "approved": "approve", "accept": "approve", "accepted": "approve", "yes": "approve",
    "rejected": "reject", "decline": "reject", "declined": "reject", "deny": "reject",
    "no": "reject",
}  # fmt: skip


class DecisionInput(serializers.Serializer[Any]):
    """Approve or reject; a rejection says why in `note`."""

    decision = ChoiceSynonymField([("approve", "approve"), ("reject", "reject")], DECISION_SYNONYMS)
    note = serializers.CharField(**NOTE)
    decided_by = ReferenceInput(**OPTIONAL)


class RejectionInput(SynonymsMixin, serializers.Serializer[Any]):
    """Why something is rejected."""

    synonyms = {"reason": "note"}

    note = serializers.CharField(max_length=500)
    decided_by = ReferenceInput(**OPTIONAL)


class NamedMixin(SynonymsMixin, serializers.Serializer[Any]):
    """Names a request by its id or its code."""

    synonyms = {"request_id": "code"}

    id = ReferenceInput(**OPTIONAL)
    code = ReferenceInput(**OPTIONAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("id") in (None, "") and attrs.get("code") in (None, ""):
            raise serializers.ValidationError({"code": ["Name it: id or code."]})
        return super().validate(attrs)


class NamedDecisionInput(NamedMixin, DecisionInput):
    """A decision about the request of an id or a code."""


def named_row(rows: Any, body: dict[str, Any]) -> Any:
    """Return the row that a body names by code or id; raises InvalidInput for unknown ones."""
    field = "code" if body.get("code") not in (None, "") else "id"
    row = rows.by_reference(body[field]).first()
    if row is None:
        noun = rows.model._meta.verbose_name
        text = f"Unknown {noun} {body[field][:50]!r}. Use the code or id of one you may see."
        raise InvalidInput(text, {field: [text]})
    return row


def known_statuses(model: Any, name: str, value: str) -> list[str]:
    """Return the statuses that a filter names; raises ValidationError for an unknown one."""
    wanted = [word.strip().lower().replace(" ", "_") for word in value.split(",")]
    unknown = [word for word in wanted if word not in model.Status.values]
    if unknown:
        known = ", ".join(model.Status.values)
        raise ValidationError({name: [f"Unknown status {unknown[0][:50]!r}: use {known}."]})
    return wanted
