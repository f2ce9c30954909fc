"""What somebody has unfinished: the apps above register what they know of."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from warehouses.models import TaskHandOver

HEADSHIP = "warehouse"


class OpenTask(NamedTuple):
    """Something that somebody has begun and that is not finished."""

    kind: str
    code: str
    title: str
    warehouse: str | None = None
    taken_over_from: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.code


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
    """Return what `person` has open, as far as `seen_by` may see it.

    That is what they began and nobody took over, and what they took over from others. Some queries
    an app, for the person and for everybody whose tasks they took.
    """
    given = TaskHandOver.objects.filter(from_user=person).exclude(to_user=person)
    gone = set(given.values_list("kind", "task_code"))
    own = [task for task in begun_by(person, seen_by) if task.key not in gone]
    return [*own, *taken_over_by(person, seen_by)]


def taken_over_by(person: Any, seen_by: Any) -> list[OpenTask]:
    rows = TaskHandOver.objects.filter(to_user=person).exclude(from_user=person)
    taken = defaultdict(set)
    for row in rows.select_related("from_user").order_by("pk"):
        taken[row.from_user].add((row.kind, row.task_code))
    return [
        task._replace(taken_over_from=giver.username)
        for giver, keys in taken.items()
        for task in begun_by(giver, seen_by)
        if task.key in keys
    ]


def begun_by(person: Any, seen_by: Any) -> Iterable[OpenTask]:
    for find in _finders:
        yield from find(person, seen_by)
