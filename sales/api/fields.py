"""Fields of orders."""

from typing import Any

from common.api.fields import ChoiceSynonymField
from sales.models import SalesOrder

PRIORITIES = [(one.name.lower(), one.label) for one in SalesOrder.Priority]


def priority_word(value: int) -> str:
    """Return how answers say a priority."""
    return SalesOrder.Priority(value).name.lower()


class PriorityField(ChoiceSynonymField):
    """A priority by its word, in any case."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("choices", None)
        super().__init__(PRIORITIES, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return SalesOrder.Priority[super().to_internal_value(data).upper()].value

    def to_representation(self, value: Any) -> str:
        return priority_word(value)
