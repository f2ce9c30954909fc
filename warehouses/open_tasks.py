"""What somebody has unfinished: the apps above register what they know of."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Count, Window

from warehouses.models import TaskHandOver

HEADSHIP = "warehouse"
OpenRows = Callable[[Any], Any]


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


class TakenTasks(NamedTuple):
    """How many open tasks somebody took over, and those of them that are named."""

    number: int
    tasks: list[OpenTask]


class TaskKind(NamedTuple):
    """Rows that people begin and finish.

    open_rows: returns the unfinished ones, out of what somebody may see.
    begun_by: the field of who began one.
    place: the field of its warehouse; "" where the row is the warehouse.
    """

    name: str
    open_rows: OpenRows
    begun_by: str
    title: Callable[[Any], str]
    place: str


_kinds: dict[str, TaskKind] = {}


def register_open_tasks(
    name: str, *, begun_by: str, title: Callable[[Any], str], place: str = "warehouse"
) -> Callable[[OpenRows], OpenRows]:
    """Make a function tell which rows of a kind are open, of those that somebody may see."""

    def register(open_rows: OpenRows) -> OpenRows:
        _kinds[name] = TaskKind(name, open_rows, begun_by, title, place)
        return open_rows

    return register


def kinds_of_tasks() -> list[str]:
    return list(_kinds)


def open_tasks_of(person: Any, *, seen_by: Any) -> list[OpenTask]:
    """Return what `person` has open, as far as `seen_by` may see it, the oldest of a kind first.

    That is what they began and nobody took over, and what they took over from others. Two queries,
    one for each kind, and one more for each kind that they took over.
    """
    given = TaskHandOver.objects.filter(from_user=person).exclude(to_user=person)
    gone = set(given.values_list("kind", "task_code"))
    own = [
        task_of(kind, row)
        for kind in _kinds.values()
        for row in in_order(kind, kind.open_rows(seen_by).filter(**{kind.begun_by: person}))
    ]
    taken = taken_over_by(person, seen_by=seen_by).tasks
    return [*(task for task in own if task.key not in gone), *taken]


def taken_over_by(person: Any, *, seen_by: Any, first: int | None = None) -> TakenTasks:
    """Return what `person` took over and has open; `first` bounds how many of a kind are named.

    One query, and one for each kind of which something was taken over.
    """
    givers: dict[str, dict[str, str]] = defaultdict(dict)
    rows = TaskHandOver.objects.filter(to_user=person).exclude(from_user=person)
    for name, code, giver in rows.values_list("kind", "task_code", "from_user__username"):
        givers[name][code] = giver
    number, tasks = 0, []
    for name in [name for name in _kinds if name in givers]:
        kind = _kinds[name]
        found = kind.open_rows(seen_by).coded(givers[name]).annotate(number=Window(Count("pk")))
        named = list(in_order(kind, found)[:first])
        number += named[0].number if named else 0
        for row in named:
            task = task_of(kind, row)
            tasks.append(task._replace(taken_over_from=givers[name][task.code]))
    return TakenTasks(number, tasks)


def in_order(kind: TaskKind, rows: Any) -> Any:
    return (rows.select_related(kind.place) if kind.place else rows).order_by("pk")


def task_of(kind: TaskKind, row: Any) -> OpenTask:
    code = row.code if row.code_field == "pk" else getattr(row, row.code_field)
    place = getattr(row, kind.place) if kind.place else row
    return OpenTask(kind.name, code, kind.title(row), place.code if place else None)
