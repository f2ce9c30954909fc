"""Flat names for nested fields: {"price": 5} means {"pricing": {"selling_price": 5}}."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.fields import empty


class SynonymsMixin:
    """A serializer that also understands the names in `synonyms`, each for a dotted path."""

    synonyms: Mapping[str, str] = {}

    def __init__(self, instance: Any = None, data: Any = empty, **kwargs: Any) -> None:
        self.synonym_errors: dict[str, list[str]] = {}
        if isinstance(data, Mapping | QueryDict):
            data = self.with_canonical_names(data)
        super().__init__(instance, data, **kwargs)  # type: ignore[call-arg]

    def with_canonical_names(self, data: Any) -> Any:
        """Return a copy that has the canonical names; what is named twice becomes an error."""
        form = isinstance(data, QueryDict)
        canonical: Any = data.copy() if form else dict(data)
        for synonym, path in self.synonyms.items():
            if synonym not in canonical:
                continue
            if form:
                twice = path in canonical
                values = canonical.pop(synonym)
                canonical.setlistdefault(path, values)
            else:
                twice = not put(canonical, path.split("."), canonical.pop(synonym))
            if twice:
                self.synonym_errors[synonym] = [f"Means the same as {path}. Send one of the two."]
        return canonical

    def to_internal_value(self, data: Any) -> Any:
        if self.synonym_errors:
            raise serializers.ValidationError(self.synonym_errors)
        return super().to_internal_value(data)  # type: ignore[misc]


def put(target: dict[str, Any], path: list[str], value: Any) -> bool:
    """Set a nested value where nothing stands yet; say whether it was set."""
    name, *rest = path
    if not rest:
        if name in target:
            return False
        target[name] = value
        return True
    inner = target.get(name, {})
    if not isinstance(inner, Mapping):
        return True  # the field itself refuses what is no object
    target[name] = dict(inner)
    return put(target[name], rest, value)
