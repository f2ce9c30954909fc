"""What somebody leaves unfinished: the apps above register what they know of."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple


class OpenTask(NamedTuple):
    """Something that somebody else has to take over."""

    kind: str
    code: str
    title: str
    warehouse: str | None = None


TaskFinder = Callable[[Any, Any], Iterable[OpenTask]]

_finders: list[TaskFinder] = []


def register_open_tasks(finder: TaskFinder) -> TaskFinder:
    """Make a function name open tasks of a person, out of what a second person may see."""
    _finders.append(finder)
    return finder


def tasks_about(kind: str, rows: Any, title: Callable[[Any], str]) -> Iterator[OpenTask]:
    """Name documents of warehouses as open tasks, the oldest first."""
    for row in rows.select_related("warehouse").order_by("pk"):
        yield OpenTask(kind, getattr(row, row.code_field), title(row), row.warehouse.code)


def open_tasks_of(person: Any, *, seen_by: Any) -> list[OpenTask]:
    """Return what `person` has open, as far as `seen_by` may see it; some queries an app."""
    return [task for find in _finders for task in find(person, seen_by)]
