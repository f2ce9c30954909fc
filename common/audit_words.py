"""What keys of other rows in audit entries stand for: their codes, as people know them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

from common.audit import TRAILS, object_type
from common.models import AuditEntry


def name_references(entries: Iterable[AuditEntry], reader: Any) -> None:
    """Tell entries the codes of the rows that they refer to; one query for each table of those.

    Rows that are gone, or belong to a warehouse that the reader does not see, keep their number.
    """
    entries = list(entries)
    wanted = defaultdict(set)
    for entry in entries:
        for _, model, key in references_of(entry):
            wanted[model].add(key)
    codes = {model: codes_of(model, keys, reader) for model, keys in wanted.items()}
    for entry in entries:
        entry.names = {
            (column, key): codes[model][key]
            for column, model, key in references_of(entry)
            if key in codes[model]
        }


def references_of(entry: AuditEntry) -> Iterator[tuple[str, Any, Any]]:
    """Yield each column of an entry that refers to rows with a code, their model, and a key."""
    columns = referring_columns(entry.object_type)
    for column, held in entry.changes.items():
        if column in columns:
            for key in held:
                if isinstance(key, int):
                    yield column, columns[column], key


def referring_columns(name: str) -> dict[str, Any]:
    """Return which models the foreign keys of an audited type refer to."""
    return {
        str(field.column): field.related_model
        for model in TRAILS
        if object_type(model) == name
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and naming_field(field.related_model) != "pk"
    }


def naming_field(model: Any) -> str:
    """Return the column by which people know a model's rows; Django's groups have no code."""
    default = "name" if model._meta.label == "auth.Group" else "pk"
    return str(getattr(model, "code_field", default))


def codes_of(model: Any, keys: set[int], reader: Any) -> dict[int, str]:
    rows = model._default_manager.filter(pk__in=keys)
    if hasattr(model, "warehouse_paths"):
        rows = rows.visible_to(reader)
    return dict(rows.order_by().values_list("pk", naming_field(model)))
