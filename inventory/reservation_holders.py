"""What holds reservations: the apps above say how the documents of their lines are numbered."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Case, CharField, OuterRef, Subquery, Value, When


class Holder(NamedTuple):
    """Lines of a kind of document, called `noun`; `lines` are all of them."""

    noun: str
    lines: Callable[[], Any]
    number: str


_holders: dict[str, Holder] = {}


def register_holder(reference_type: str, noun: str, lines: Callable[[], Any], number: str) -> None:
    """Let reservations of a type be shown by the number of their document, a path from the line."""
    _holders[reference_type] = Holder(noun, lines, number)


def noun_of(reference_type: str) -> str:
    """Return what a document is called that holds reservations of a type."""
    holder = _holders.get(reference_type)
    return holder.noun if holder else reference_type.replace("_", " ")


def document_number() -> Case:
    """Return the number of the document that holds a reservation, as an expression."""
    return Case(
        *(
            When(
                reference_type=reference_type,
                then=Subquery(
                    holder.lines().filter(pk=OuterRef("reference_id")).values(holder.number)[:1]
                ),
            )
            for reference_type, holder in _holders.items()
        ),
        default=Value(""),
        output_field=CharField(),
    )
