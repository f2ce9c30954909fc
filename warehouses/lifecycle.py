"""The lawful steps in somebody's time at the company: this table and no other."""

from dataclasses import dataclass

from common.permissions import Role
from users.models import User
from warehouses.models import StandingStep as Step

Status = User.Status

EVERY_ROLE = frozenset(Role)
BELOW_MANAGER = frozenset({Role.STAFF, Role.SALES, Role.VIEWER})
# What somebody may ask for who registers, and what a manager may give.
ASKED_FOR = [(Role.VIEWER.value, "Viewer"), (Role.STAFF.value, "Staff")]
GIVEN_BY_MANAGERS = BELOW_MANAGER
# Reached and left by the steps below alone; nobody writes these by hand.
BY_STEPS_ONLY = frozenset({Status.PENDING, Status.DISMISSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """From which statuses and roles a step is lawful, and what it makes of them."""

    statuses: frozenset[User.Status]
    becomes: User.Status | None = None  # stays
    roles: frozenset[Role] = EVERY_ROLE
    role: Role | None = None

    def is_lawful(self, user: User) -> bool:
        return user.status in self.statuses and user.role in self.roles


TRANSITIONS: dict[Step, Transition] = {
    Step.APPROVE: Transition(statuses=frozenset({Status.PENDING}), becomes=Status.ACTIVE),
    Step.REJECT: Transition(statuses=frozenset({Status.PENDING}), becomes=Status.INACTIVE),
    Step.DISMISS: Transition(
        statuses=frozenset({Status.ACTIVE, Status.INACTIVE, Status.SUSPENDED}),
        becomes=Status.DISMISSED,
    ),
    Step.REINSTATE: Transition(
        statuses=frozenset({Status.DISMISSED, Status.INACTIVE}), becomes=Status.ACTIVE
    ),
    Step.PROMOTE: Transition(
        statuses=frozenset({Status.ACTIVE}), roles=BELOW_MANAGER, role=Role.MANAGER
    ),
    Step.DEMOTE: Transition(
        statuses=frozenset({Status.ACTIVE, Status.INACTIVE, Status.SUSPENDED}),
        roles=frozenset({Role.MANAGER}),
        role=Role.STAFF,
    ),
}


def is_lawful(user: User, step: Step) -> bool:
    return TRANSITIONS[step].is_lawful(user)
