"""Asking that somebody becomes a manager, and deciding it."""

from django.db import transaction
from django.utils import timezone

from common.codes import next_code
from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput, NotAllowed, WrongState
from common.permissions import Can
from common.second_person import require_second_person
from users.models import User
from warehouses.lifecycle import Step, is_lawful
from warehouses.models import PromotionRequest, Warehouse
from warehouses.services.standing import describe, lock_person, take_step
from warehouses.services.tell import (
    tell_of_standing,
    tell_promotion_rejected,
    tell_promotion_requested,
)

State = PromotionRequest.State
OPEN_ONCE = {"one_open_promotion_per_user": "user"}


@transaction.atomic
def request_promotion(
    *, user: User, warehouse: Warehouse | None = None, reason: str = "", acting_user: User
) -> PromotionRequest:
    """Ask that somebody who works in one of the caller's warehouses becomes a manager.

    Locks the account and tells the administrators. Raises WrongState, InvalidInput (user,
    warehouse) and DuplicateCode where a request is open already.
    """
    user = lock_person(user)
    if not is_lawful(user, Step.PROMOTE):
        raise WrongState(
            f"{user.username} is {user.status} with the role {user.role}: {describe(Step.PROMOTE)}"
        )
    shared = Warehouse.objects.member(acting_user).filter(memberships__user=user).order_by("pk")
    place = (shared if warehouse is None else shared.filter(pk=warehouse.pk)).first()
    if place is None:
        field = "user" if warehouse is None else "warehouse"
        text = "Name somebody who works in a warehouse of yours, and that warehouse."
        raise InvalidInput(text, {field: [text]})
    request = PromotionRequest(
        code=next_code(PromotionRequest, "code", "PRM-"),
        user=user, warehouse=place, reason=reason, requested_by=acting_user,
    )  # fmt: skip
    with refuse_duplicates(OPEN_ONCE, "A promotion of this person waits for a decision already."):
        request.save()
    tell_promotion_requested(request)
    return request


def approve_promotion(
    *, request: PromotionRequest, note: str = "", acting_user: User
) -> PromotionRequest:
    """Make the person a manager; locks and raises as decide()."""
    return decide(request=request, state=State.APPROVED, note=note, acting_user=acting_user)


def reject_promotion(
    *, request: PromotionRequest, note: str = "", acting_user: User
) -> PromotionRequest:
    """Leave the person as they are; locks and raises as decide()."""
    return decide(request=request, state=State.REJECTED, note=note, acting_user=acting_user)


@transaction.atomic
def decide(
    *, request: PromotionRequest, state: State, note: str, acting_user: User
) -> PromotionRequest:
    """Decide a request; locks the account, then the request: of two who decide, one wins.

    Raises NotAllowed unless an administrator acts, OwnRequest, and WrongState.
    """
    if not acting_user.can(Can.MANAGE_USERS):
        raise NotAllowed("Only an administrator decides about promotions.")
    user = lock_person(request.user)
    request = PromotionRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if request.state != State.PENDING:
        raise WrongState(f"{request.code} is {request.state} already.")
    require_second_person(request.requested_by_id, acting_user=acting_user)
    request.state, request.note = state, note
    request.decided_by, request.decided_at = acting_user, timezone.now()
    request.save(update_fields=["state", "note", "decided_by", "decided_at"])
    if state == State.APPROVED:
        change = take_step(user=user, step=Step.PROMOTE, note=note, acting_user=acting_user)
        tell_of_standing(change, also=[request.requested_by_id])
    else:
        tell_promotion_rejected(request)
    return request
