"""Registering, and deciding about who registered."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone

from common.exceptions import DuplicateCode, InvalidInput, NotAllowed
from common.permissions import Can, Role
from users.models import User
from users.services.accounts import create_user
from warehouses.lifecycle import Step
from warehouses.models import Registration, Warehouse
from warehouses.services.members import set_memberships
from warehouses.services.standing import (
    lock_person,
    require_may_give,
    require_right_over,
    take_step,
)
from warehouses.services.tell import (
    tell_of_standing,
    tell_owner_of_address,
    tell_registration_waits,
)

State = Registration.State
NAME_KEPT = timedelta(days=30)
NAME_TAKEN = "This username is taken. Choose another, or change what has it."


@transaction.atomic
def register_person(
    *, username: str, password: str, email: str, warehouse: Warehouse, role: Role, note: str = "",
    first_name: str = "", last_name: str = "", phone: str = "",
) -> Registration:  # fmt: skip
    """Make a pending account, which cannot sign in, and tell those who decide about it.

    An address that has an account already gets the same answer and the same work: its owner is
    told by mail instead, and the user name is kept for a month, so that asking for it again
    tells nothing either. Raises DuplicateCode for a taken user name, InvalidInput for a weak
    password.
    """
    username = User.normalize_username(username)
    refuse_taken_name(username)
    asked = Registration(username=username, warehouse=warehouse, role=role.value, note=note)
    try:
        asked.user = create_user(
            username=username, password=password, email=email, role=role.value,
            status=User.Status.PENDING, first_name=first_name, last_name=last_name, phone=phone,
            acting_user=None,
        )  # fmt: skip
    except DuplicateCode as error:
        if "email" not in error.details:
            raise
        asked.state = State.ADDRESS_TAKEN
    asked.save()
    if asked.user is None:
        tell_owner_of_address(email)
    else:
        tell_registration_waits(asked)
    return asked


def refuse_taken_name(username: str) -> None:
    """Raise DuplicateCode for a user name that somebody has, or asked for in vain lately."""
    kept = Registration.objects.filter(
        state=State.ADDRESS_TAKEN, created_at__gte=timezone.now() - NAME_KEPT
    ).alias(lower_name=Lower("username"))
    if User.objects.named(username).exists() or kept.filter(lower_name=username.lower()).exists():
        raise DuplicateCode(NAME_TAKEN, {"username": [NAME_TAKEN]})


@transaction.atomic
def approve_registration(
    *, user: User, role: Role | None = None, warehouse: Warehouse | None = None, note: str = "",
    acting_user: User,
) -> User:  # fmt: skip
    """Let a pending person in, with the role and warehouse asked for or corrected ones.

    Locks the account: of two who decide, one wins. Raises NotAllowed, WrongState, InvalidInput
    (warehouse).
    """
    user = lock_person(user)
    asked = Registration.objects.select_related("warehouse").filter(user=user).first()
    require_right_to_decide(user, asked, acting_user)
    role = role or Role(asked.role if asked else user.role)
    require_may_give(role, acting_user)
    place = warehouse or (asked.warehouse if asked else None)
    if place is None:
        text = "The warehouse that was asked for is gone. Name one."
        raise InvalidInput(text, {"warehouse": [text]})
    if not Warehouse.objects.member(acting_user).filter(pk=place.pk).exists():
        text = "Choose one of your own warehouses, or ask an administrator."
        raise NotAllowed(text, {"warehouse": [text]})
    change = take_step(user=user, step=Step.APPROVE, role=role, note=note, acting_user=acting_user)
    set_memberships(user=user, warehouses=[place], default=place)
    settle(asked, State.APPROVED)
    tell_of_standing(change)
    return user


@transaction.atomic
def reject_registration(*, user: User, note: str = "", acting_user: User) -> User:
    """Turn a pending person away; locks the account. Raises NotAllowed and WrongState."""
    user = lock_person(user)
    asked = Registration.objects.filter(user=user).first()
    require_right_to_decide(user, asked, acting_user)
    change = take_step(user=user, step=Step.REJECT, note=note, acting_user=acting_user)
    settle(asked, State.REJECTED)
    tell_of_standing(change)
    return user


@transaction.atomic
def reinstate_person(
    *, user: User, role: Role | None = None, warehouse: Warehouse | None = None, note: str = "",
    acting_user: User,
) -> User:  # fmt: skip
    """Let somebody in again with the role and the warehouses that they had, or with others.

    Who was turned away had none and gets the one asked for. Locks the account. Raises NotAllowed
    unless an administrator acts, WrongState, and InvalidInput (warehouse) where there is none.
    """
    user = lock_person(user)
    if not acting_user.can(Can.MANAGE_USERS):
        raise NotAllowed("Only an administrator reinstates somebody.")
    change = take_step(
        user=user, step=Step.REINSTATE, role=role, note=note, acting_user=acting_user
    )
    asked = Registration.objects.select_related("warehouse").filter(user=user).first()
    if warehouse is None and not user.warehouse_memberships.exists():
        warehouse = asked.warehouse if asked else None
        if warehouse is None and user.role != Role.ADMIN:
            text = "This person works in no warehouse. Name one."
            raise InvalidInput(text, {"warehouse": [text]})
    if warehouse is not None:
        set_memberships(user=user, warehouses=[warehouse], default=warehouse)
    settle(asked, State.APPROVED)
    tell_of_standing(change)
    return user


def require_right_to_decide(user: User, asked: Registration | None, acting_user: User) -> None:
    """Raise NotAllowed unless an administrator decides, or a manager of the warehouse asked for."""
    require_right_over(user, acting_user)
    if acting_user.can(Can.MANAGE_USERS):
        return
    own = Warehouse.objects.member(acting_user)
    if asked is None or not own.filter(pk=asked.warehouse_id).exists():
        raise NotAllowed("Who manages the warehouse asked for decides this, or an administrator.")


def settle(asked: Registration | None, state: str) -> None:
    """Note how a registration was decided; an account made by hand has none."""
    if asked is not None:
        asked.state = state
        asked.save(update_fields=["state"])
