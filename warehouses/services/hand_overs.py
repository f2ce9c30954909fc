"""Giving what somebody has open to somebody else."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from common.exceptions import InvalidInput, NotAllowed
from common.permissions import Can
from users.models import User
from warehouses.models import TaskHandOver, Warehouse
from warehouses.open_tasks import HEADSHIP, OpenTask, open_tasks_of
from warehouses.queries import may_head
from warehouses.services.tell import tell_of_tasks

TaskKey = tuple[str, str]


@transaction.atomic
def hand_over_tasks(
    *, user: User, to: User, tasks: Sequence[TaskKey] | None = None, note: str = "",
    acting_user: User,
) -> list[OpenTask]:  # fmt: skip
    """Give open tasks of `user` to somebody else, all or none, and return them.

    Without `tasks` these are all that the acting user sees. Documents stay as they are, and who
    made them; a warehouse gets the new head. Locks the account of `user` and tells who takes over.
    Raises NotAllowed, also for the head of a warehouse unless it is their own or an administrator
    acts, and InvalidInput (tasks, to).
    """
    if not acting_user.can(Can.MANAGE_PEOPLE):
        raise NotAllowed("Who manages the warehouse hands tasks over, or an administrator.")
    lock_account(user)
    chosen = chosen_tasks(user, tasks, acting_user)
    require_right_to_headships(user, chosen, acting_user)
    require_able_to_take(to, user, chosen)
    give(chosen, user=user, to=to, note=note, acting_user=acting_user)
    return chosen


def require_right_to_headships(user: User, tasks: Sequence[OpenTask], acting_user: User) -> None:
    """Raise NotAllowed where somebody gives away what another manager heads."""
    headed = [task.code for task in tasks if task.kind == HEADSHIP]
    if headed and acting_user.pk != user.pk and not acting_user.can(Can.MANAGE_WAREHOUSES):
        raise NotAllowed(
            f"An administrator gives {', '.join(headed)} another head. Name the other tasks alone."
        )


def lock_account(user: User) -> None:
    """Lock the account whose tasks are handed over: of two who hand over the same, one wins."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def chosen_tasks(user: User, tasks: Sequence[TaskKey] | None, acting_user: User) -> list[OpenTask]:
    """Return the tasks that are named; raises InvalidInput for none, and for what is not open."""
    found = {task.key: task for task in open_tasks_of(user, seen_by=acting_user)}
    if tasks is None:
        tasks = list(found)
    told = [
        f'{user.username} has no open {kind.replace("_", " ")} "{code[:50]}".'
        for kind, code in tasks
        if (kind, code) not in found
    ]
    if told or not tasks:
        told = told or [f"{user.username} has no open tasks."]
        raise InvalidInput(told[0], {"tasks": told})
    return [found[key] for key in dict.fromkeys(tasks)]


def require_able_to_take(
    to: User, user: User, tasks: Sequence[OpenTask], *, field: str = "to"
) -> None:
    """Raise InvalidInput on `field` unless somebody else is active and works where each task is.

    Who takes over a warehouse must be able to head it.
    """
    if to.pk == user.pk or not to.is_active:
        refuse_taker("Name somebody else, whose account is active.", field)
    own = set(Warehouse.objects.member(to).values_list("code", flat=True))
    elsewhere = sorted({task.warehouse for task in tasks if task.warehouse} - own)
    if elsewhere:
        text = f"{to.username} does not work in {', '.join(elsewhere)}. Name somebody else."
        refuse_taker(text, field)
    headed = [task.code for task in tasks if task.kind == HEADSHIP]
    if headed and not may_head(to):
        refuse_taker(f"Only a manager or an admin heads {', '.join(headed)}.", field)


def refuse_taker(text: str, field: str) -> None:
    raise InvalidInput(text, {field: [text]})


def give(tasks: Sequence[OpenTask], *, user: User, to: User, note: str, acting_user: User) -> None:
    """Write who has the tasks from now on: whoever began a task stays its beginner."""
    headed = [task.code for task in tasks if task.kind == HEADSHIP]
    Warehouse.objects.filter(code__in=headed, manager=user).update(manager=to)
    places = dict(Warehouse.objects.values_list("code", "pk"))
    begun = {one.username: one for one in beginners_of(tasks)}
    now = timezone.now()
    rows = [
        TaskHandOver(
            kind=task.kind, task_code=task.code, title=task.title[:200],
            warehouse_id=places.get(task.warehouse or ""),
            from_user=begun.get(task.taken_over_from or "", user), to_user=to, note=note,
            handed_over_by=acting_user, handed_over_at=now,
        )
        for task in tasks
        if task.kind != HEADSHIP
    ]  # fmt: skip
    TaskHandOver.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["kind", "task_code"],
        update_fields=[
            "title", "warehouse", "from_user", "to_user", "note", "handed_over_by",
            "handed_over_at",
        ],
    )  # fmt: skip
    tell_of_tasks(to, user=user, hand_overs=rows, headed=headed, at=now)


def beginners_of(tasks: Sequence[OpenTask]) -> list[User]:
    names = {task.taken_over_from for task in tasks if task.taken_over_from}
    return list(User.objects.filter(username__in=names))
