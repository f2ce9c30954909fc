"""Which lines of a document the entries of a body mean: by id, number, SKU or product."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from rest_framework import serializers

from common.api.bodies import GivenFieldsMixin
from common.api.fields import ReferenceInput
from common.exceptions import InvalidInput

Entry = Mapping[str, Any]
Errors = dict[str, list[Any]]
OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}
PRODUCT_KEYS = ("product_variation", "sku", "product_id")


class DocumentLineInput(GivenFieldsMixin):
    """A line that names its product, or an existing line by `id`."""

    renamed: ClassVar[Mapping[str, str]] = {}
    own_names: ClassVar[Sequence[str]] = ("id",)

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1, **OPTIONAL)
    product_id = ReferenceInput(**OPTIONAL, help_text="Means the product's default variation.")
    sku = ReferenceInput(**OPTIONAL)
    product_variation = ReferenceInput(**OPTIONAL, help_text="SKU or id of the variation.")

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {self.renamed.get(name, name): data[name] for name in data}
            data = known | {name: data[name] for name in data if name not in self.renamed}
        values = super().to_internal_value(data)
        return {name: value for name, value in values.items() if value is not None}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.get(key) for key in (*self.own_names, *PRODUCT_KEYS)):
            raise serializers.ValidationError(
                {"product_id": ["Name a product: product_id, sku or product_variation."]}
            )
        return attrs


class ExistingLineInput(DocumentLineInput):
    """A line that a document has, named by `id`, by its number (`line`) or by its product."""

    own_names = ("id", "line")

    line = serializers.IntegerField(min_value=1, max_value=2**31 - 1, **OPTIONAL)


class NamedLines:
    """The lines of a document, each found at once however many there are."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.items = list(items)
        self.indexes: dict[Callable[[Any], Any], dict[Any, list[Any]]] = {}

    def where(self, value_of: Callable[[Any], Any], value: Any) -> list[Any]:
        """Return the lines of a value; all are sorted by it when it is first asked for."""
        if value_of not in self.indexes:
            index = self.indexes[value_of] = {}
            for item in self.items:
                index.setdefault(value_of(item), []).append(item)
        return self.indexes[value_of].get(value, [])

    def meant_by(self, entry: Entry) -> list[Any]:
        """Return the lines that an entry names: by id, else by number, by SKU, by product."""
        if "id" in entry:
            return self.where(key_of, entry["id"])
        if "line" in entry:
            return self.where(number_of, entry["line"])
        for key, (code_of, text_key_of) in NAMES.items():
            if entry.get(key):
                text = str(entry[key]).strip()
                return self.where(code_of, text.upper()) or self.where(text_key_of, text)
        return []


def only(items: NamedLines, entry: Entry, index: int, errors: Errors) -> Any:
    """Return the one item that an entry names, or note why there is none."""
    found = items.meant_by(entry)
    if len(found) == 1:
        return found[0]
    key = next(key for key in ("id", "line", *NAMES) if entry.get(key))
    if found:
        text = "Several lines are of it. Name the line by its id."
    else:
        text = f'There is no line "{str(entry[key])[:50]}".'
    errors[f"items.{index}.{key}"] = [text]
    return None


def key_of(item: Any) -> Any:
    return item.pk


def number_of(item: Any) -> Any:
    return item.position


def sku_of(item: Any) -> str:
    return str(item.variation.sku_code)


def variation_key_of(item: Any) -> str:
    return str(item.variation_id)


def product_code_of(item: Any) -> str:
    return str(item.variation.product.code)


def product_key_of(item: Any) -> str:
    return str(item.variation.product_id)


NAMES = {
    "product_variation": (sku_of, variation_key_of),
    "sku": (sku_of, variation_key_of),
    "product_id": (product_code_of, product_key_of),
}


def refuse(errors: Errors) -> None:
    if errors:
        field, texts = next(iter(errors.items()))
        raise InvalidInput(f"{field}: {texts[0]}", errors)
