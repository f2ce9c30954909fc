"""Asking for goods out of a warehouse, and the decision that hands them out."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.codes import next_code
from common.exceptions import InvalidInput, NotAllowed
from common.permissions import Can
from common.second_person import require_second_person
from inventory.exceptions import InsufficientStock, UnfitLines
from inventory.models import StockMovement
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import PostedChange, StockChange
from inventory.services.tell import deciders_in, tell_decided, tell_waits
from inventory.services.wanted_lines import WantedLine, granted_quantities, require_wanted
from purchasing.models import PurchaseRequest, PurchaseRequestLine
from warehouses.models import Warehouse

Status = PurchaseRequest.Status
KIND = "purchase request"
REFERENCE_TYPE = "purchase_request"
REASON_CODE = "goods_request"


@transaction.atomic
def request_goods(
    *,
    warehouse: Warehouse,
    lines: Sequence[WantedLine],
    reason: str = "",
    needed_by: date | None = None,
    acting_user: Any,
) -> PurchaseRequest:
    """Ask for goods out of a warehouse, and tell who decides there.

    Reserves nothing: stock counts when somebody decides. Raises InvalidInput naming every bad
    line.
    """
    require_wanted(lines)
    if needed_by is not None and needed_by < timezone.now().date():
        text = "Lies in the past. Send today or a later date."
        raise InvalidInput(f"needed_by: {text}", {"needed_by": [text]})
    request = PurchaseRequest.objects.create(
        code=next_code(PurchaseRequest, "code", "PR-", yearly=True),
        warehouse=warehouse,
        reason=reason,
        needed_by=needed_by,
        requested_by=acting_user,
    )
    PurchaseRequestLine.objects.bulk_create(
        PurchaseRequestLine(
            request=request, position=position, variation=line.variation, quantity=line.quantity
        )
        for position, line in enumerate(lines, start=1)
    )
    tell_waits(
        KIND,
        request,
        deciders_in(warehouse, Can.DECIDE_GOODS_REQUESTS, but=request.requested_by_id),
        f"Purchase request {request.code} waits for a decision",
    )
    return request


def lock_request(request: PurchaseRequest) -> PurchaseRequest:
    """Lock a request until the transaction ends and return it as it is now.

    Every step of a request comes through here, and locks balances only after it.
    """
    locked: PurchaseRequest = PurchaseRequest.objects.select_for_update(no_key=True).get(
        pk=request.pk
    )
    return locked


@transaction.atomic
def approve_goods_request(
    *,
    request: PurchaseRequest,
    quantities: Mapping[int, Decimal] | None = None,
    note: str = "",
    acting_user: Any,
) -> PurchaseRequest:
    """Approve a request: the goods leave stock in one posting, all lines or none.

    `quantities` are what is given of each line, by its key, where it is less than asked for. Goods
    go out at average cost, the first lots to expire, and never out of what others reserved. Locks
    the request, then the balances. Raises WrongState, OwnRequest, InvalidInput, and
    InsufficientStock naming every short line by its number: then nothing is decided.
    """
    request = lock_request(request)
    request.require_step_to(Status.APPROVED)
    require_second_person(request.requested_by_id, acting_user=acting_user)
    lines = {line.pk: line for line in request.lines.select_related("variation")}
    given = [
        (lines[key], quantity) for key, quantity in granted_quantities(lines, quantities).items()
    ]
    posted = hand_out(request, given, acting_user)
    for (line, quantity), left in zip(given, posted, strict=True):
        line.quantity_approved, line.unit_cost = quantity, left.unit_cost
    PurchaseRequestLine.objects.bulk_update(
        [line for line, _ in given], ["quantity_approved", "unit_cost"]
    )
    return decide(request, Status.APPROVED, note, acting_user)


def hand_out(
    request: PurchaseRequest,
    given: Sequence[tuple[PurchaseRequestLine, Decimal]],
    acting_user: Any,
) -> list[PostedChange]:
    """Post what a locked request takes out of stock, and name short lines by their numbers."""
    changes = [
        StockChange(
            variation_id=line.variation_id,
            warehouse_id=request.warehouse_id,
            quantity=-quantity,
            movement_type=StockMovement.Type.OUTBOUND,
            reason_code=REASON_CODE,
            reason_description=request.reason,
            reference_type=REFERENCE_TYPE,
            reference_code=request.code,
            approved_by_id=acting_user.pk,
        )
        for line, quantity in given
    ]
    try:
        return apply_stock_changes(changes, acting_user=acting_user)
    except InsufficientStock as error:
        for short in error.details["lines"]:  # known by index; people know a request's numbers
            short["line"] = given[short["line"]][0].position
        raise
    except UnfitLines as error:
        error.at_paths([f"items.{line.position - 1}." for line, _ in given])
        raise


@transaction.atomic
def reject_goods_request(
    *, request: PurchaseRequest, note: str, acting_user: Any
) -> PurchaseRequest:
    """Reject a request and say why. Locks it. Raises InvalidInput, WrongState and OwnRequest."""
    if not note.strip():
        raise InvalidInput("Say why you reject it.", {"note": ["Say why you reject it."]})
    request = lock_request(request)
    request.require_step_to(Status.REJECTED)
    require_second_person(request.requested_by_id, acting_user=acting_user)
    return decide(request, Status.REJECTED, note, acting_user)


def decide(request: PurchaseRequest, status: str, note: str, acting_user: Any) -> PurchaseRequest:
    """Write the decision about a locked request, and tell who asked."""
    request.status, request.decision_note = status, note
    request.decided_by, request.decided_at = acting_user, timezone.now()
    request.save(
        update_fields=["status", "decision_note", "decided_by", "decided_at", "updated_at"]
    )
    tell_decided(KIND, request, request.requested_by_id)
    return request


@transaction.atomic
def cancel_goods_request(*, request: PurchaseRequest, acting_user: Any) -> PurchaseRequest:
    """Take one's own pending request back. Locks it. Raises WrongState and NotAllowed."""
    request = lock_request(request)
    request.require_step_to(Status.CANCELLED)
    if request.requested_by_id != acting_user.pk:
        raise NotAllowed("Only who asked for it takes it back. Who decides may reject it.")
    request.status = Status.CANCELLED
    request.save(update_fields=["status", "updated_at"])
    return request
