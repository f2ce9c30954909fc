"""Letting people in and out: who may, and what it does."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from common.exceptions import InvalidInput, NotAllowed, WrongState
from common.permissions import Can, Role
from users.exceptions import LastAdmin
from users.models import User
from users.services.accounts import end_access, lock_admins, refuse_to_scripts, save_account
from warehouses.lifecycle import EVERY_ROLE, GIVEN_BY_MANAGERS, TRANSITIONS, Step
from warehouses.models import Membership, PromotionRequest, StandingChange, Warehouse
from warehouses.open_tasks import HEADSHIP, OpenTask, open_tasks_of
from warehouses.queries import deciding_in_own_warehouses, may_head
from warehouses.services.hand_overs import give, require_able_to_take
from warehouses.services.tell import tell_of_standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Somebody who has to hand things over, and what."""

    user: User
    open_tasks: list[OpenTask]
    without_manager: list[str]
    handed_over: list[OpenTask] = field(default_factory=list)


def lock_person(user: User) -> User:
    """Lock an account and return it as it is now; who decides second waits here."""
    locked: User = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return locked


def take_step(
    *, user: User, step: Step, note: str = "", role: Role | None = None, acting_user: User
) -> StandingChange:
    """Do a step of the table on an account that the caller has locked, and keep who did it why.

    An account that may no longer sign in loses its sign-ins and tokens for good. Raises WrongState
    where the table does not have the step, and NotAllowed where an API token lets an admin in.
    """
    transition = TRANSITIONS[step]
    if not transition.is_lawful(user):
        raise WrongState(
            f"{user.username} is {user.get_status_display().lower()} with the role {user.role}: "
            f"{describe(step)}",
            {"status": [user.status], "role": [user.role]},
        )
    change = StandingChange(
        user=user, step=step, note=note, from_status=user.status, from_role=user.role,
        acting_user=acting_user,
    )  # fmt: skip
    user.status = transition.becomes or user.status
    user.role = (transition.role or role or Role(user.role)).value
    if user.is_active and user.role == Role.ADMIN:
        refuse_to_scripts(acting_user, {"role"})
    save_account(user)
    if not user.is_active:
        end_access(user)
    change.to_status, change.to_role = user.status, user.role
    change.save()
    return change


def describe(step: Step) -> str:
    """Say for whom a step is lawful."""
    transition = TRANSITIONS[step]
    statuses = " or ".join(sorted(status.value for status in transition.statuses))
    roles = " or ".join(sorted(role.value for role in transition.roles))
    of_role = "" if transition.roles == EVERY_ROLE else f" and the role {roles}"
    return f"{step} needs the status {statuses}{of_role}."


def require_right_over(user: User, acting_user: User) -> None:
    """Raise NotAllowed unless an administrator acts, or a manager of all the person's warehouses.

    Nobody acts on themselves, and a manager on no other manager.
    """
    if user.pk == acting_user.pk:
        raise NotAllowed("Somebody else decides about you.")
    if acting_user.can(Can.MANAGE_USERS):
        return
    if user.role not in GIVEN_BY_MANAGERS:
        raise NotAllowed(f"Only an administrator decides about somebody with the role {user.role}.")
    own = Membership.objects.filter(user=acting_user).values("warehouse")
    if Membership.objects.filter(user=user).exclude(warehouse__in=own).exists():
        raise NotAllowed(
            "This person works in a warehouse that is not yours, too. Ask an administrator."
        )


def require_may_give(role: Role, acting_user: User) -> None:
    """Raise NotAllowed where a manager gives a role that only administrators give."""
    if acting_user.can(Can.MANAGE_USERS) or role in GIVEN_BY_MANAGERS:
        return
    text = f"Only an administrator gives the role {role}. Yours to give: staff, sales, viewer."
    raise NotAllowed(text, {"role": [text]})


@transaction.atomic
def dismiss_person(
    *, user: User, note: str = "", successor: User | None = None, acting_user: User
) -> Departure:
    """Take away all access at once, tokens included; what the person did stays.

    Locks the admins and the account. Their open promotion request is withdrawn, their open tasks
    and the warehouses that they head go to `successor` or to nobody, and those concerned are told.
    Raises NotAllowed, LastAdmin, WrongState, InvalidInput (successor).
    """
    admins = lock_admins()
    user = lock_person(user)
    require_right_over(user, acting_user)
    if admins == {user.pk}:
        raise LastAdmin("This is the only active admin. Make somebody else an admin first.")
    tasks = open_tasks_of(user, seen_by=acting_user)
    change = take_step(user=user, step=Step.DISMISS, note=note, acting_user=acting_user)
    PromotionRequest.objects.filter(user=user, state=PromotionRequest.State.PENDING).update(
        state=PromotionRequest.State.WITHDRAWN
    )
    return leave(change, tasks, successor=successor, acting_user=acting_user)


@transaction.atomic
def demote_manager(
    *, user: User, note: str, successor: User | None = None, acting_user: User
) -> Departure:
    """Make a manager one of the staff of the same warehouses; locks the account.

    Their open tasks and the warehouses that they head go to `successor` or to nobody. Raises
    NotAllowed, WrongState, InvalidInput (successor).
    """
    user = lock_person(user)
    if not acting_user.can(Can.MANAGE_USERS):
        raise NotAllowed("Only an administrator demotes a manager.")
    require_right_over(user, acting_user)
    tasks = open_tasks_of(user, seen_by=acting_user)
    change = take_step(user=user, step=Step.DEMOTE, note=note, acting_user=acting_user)
    return leave(change, tasks, successor=successor, acting_user=acting_user)


def leave(
    change: StandingChange, tasks: list[OpenTask], *, successor: User | None, acting_user: User
) -> Departure:
    """Hand over what somebody has open and heads, or leave it open, and tell those concerned."""
    user = change.user
    orphaned = hand_over_warehouses(user, successor)
    if successor is not None and tasks:
        begun = [task for task in tasks if task.kind != HEADSHIP]  # who heads was asked above
        require_able_to_take(successor, user, begun, field="successor")
        give(tasks, user=user, to=successor, note=change.note, acting_user=acting_user)
    tell_of_standing(change)
    left, gone = (tasks, []) if successor is None else ([], tasks)
    return Departure(user=user, open_tasks=left, without_manager=orphaned, handed_over=gone)


def hand_over_warehouses(user: User, successor: User | None) -> list[str]:
    """Put the successor, or nobody, at the head of a person's warehouses.

    Returns the codes of those where nobody decides about people any more: there, administrators do
    and are told. Raises InvalidInput where the successor cannot head them.
    """
    headed = list(Warehouse.objects.filter(manager=user).order_by("pk"))
    if successor is not None and headed:
        require_able_to_head(successor, user, headed)
    Warehouse.objects.filter(pk__in=[one.pk for one in headed]).update(manager=successor)
    places = Warehouse.objects.filter(memberships__user=user).order_by("code")
    deciding = deciding_in_own_warehouses().values("pk")
    managed = Membership.objects.filter(user__in=deciding).values("warehouse")
    touched = places | Warehouse.objects.filter(pk__in=[one.pk for one in headed])
    orphaned: Iterable[Any] = touched.exclude(pk__in=managed).distinct().values_list("code")
    return sorted(code for (code,) in orphaned)


def require_able_to_head(successor: User, user: User, headed: list[Warehouse]) -> None:
    """Raise InvalidInput unless the successor is an admin, or a manager who works there."""
    keys = [warehouse.pk for warehouse in headed]
    at_home = successor.warehouse_memberships.filter(warehouse__in=keys).count() == len(keys)
    able = may_head(successor) and (successor.role == Role.ADMIN or at_home)
    if successor.pk == user.pk or not able:
        text = "Name an active manager who works in the same warehouses, or an admin."
        raise InvalidInput(text, {"successor": [text]})
