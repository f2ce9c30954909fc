"""Corrections of stock as documents: all lines or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.codes import next_code
from common.exceptions import InvalidInput, NotAllowed
from common.permissions import Can
from common.second_person import require_second_person
from inventory.exceptions import UnfitLines
from inventory.models import (
    AdjustmentLine,
    AdjustmentReason,
    AdjustmentRequest,
    ProductVariation,
    Stock,
)
from inventory.models.adjustments import ADDS, TAKES_AWAY
from inventory.services.correction_limits import excess_over_limit
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from inventory.services.tell import tell_adjustment_waits, tell_decided
from inventory.services.units import require_fit
from inventory.units import fits
from warehouses.models import Warehouse

Status = AdjustmentRequest.Status
REFERENCE_TYPE = "adjustment"
ZERO, CENT = Decimal(0), Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """So much more or less of a variation, in its stock unit, and why."""

    variation: ProductVariation
    quantity: Decimal
    reason_code: str
    reason_description: str = ""
    unit_cost: Decimal | None = None
    bin_location: str = ""
    lot_number: str = ""
    expiration_date: date | None = None


@transaction.atomic
def request_adjustment(
    *,
    warehouse: Warehouse,
    corrections: Sequence[Correction],
    notes: str = "",
    acting_user: Any,
) -> AdjustmentRequest:
    """Correct stock: post at once within the user's limit, else leave it to a manager.

    What is taken may be reserved: the newest reservations become back-orders, and the lines say
    so. Locks the balances if it posts. Raises InvalidInput naming every bad line, UnfitLines and
    InsufficientStock.
    """
    require_corrections(corrections)
    balances = {
        stock.variation_id: stock
        for stock in Stock.objects.filter(
            warehouse=warehouse, variation__in=[line.variation for line in corrections]
        )
    }
    require_fit(
        (line.variation, line.quantity, f"items.{index}.quantity")
        for index, line in enumerate(corrections)
        if not mends(line, balances.get(line.variation.pk))
    )
    value = value_of(corrections, balances)
    largest = max(abs(line.quantity) for line in corrections)
    adjustment = AdjustmentRequest.objects.create(
        code=next_code(AdjustmentRequest, "code", "ADJ-", yearly=True),
        warehouse=warehouse,
        notes=notes,
        value=value,
        requested_by=acting_user,
    )
    AdjustmentLine.objects.bulk_create(
        AdjustmentLine(
            adjustment=adjustment,
            position=position,
            variation=line.variation,
            quantity=line.quantity,
            reason_code=line.reason_code,
            reason_description=line.reason_description,
            unit_cost=line.unit_cost,
            bin_location=line.bin_location,
            lot_number=line.lot_number,
            expiration_date=line.expiration_date,
        )
        for position, line in enumerate(corrections, start=1)
    )
    if excess_over_limit(value, largest, acting_user):
        tell_adjustment_waits(adjustment)
    else:
        post_adjustment(adjustment)
    return adjustment


def require_corrections(corrections: Sequence[Correction]) -> None:
    """Raise InvalidInput where lines are missing, twice, or do not fit their reason."""
    errors: dict[str, list[Any]] = {} if corrections else {"items": ["Name at least one item."]}
    seen: set[tuple[int, str]] = set()
    for index, line in enumerate(corrections):
        if problem := problem_of(line):
            field, text = problem
            errors[f"items.{index}.{field}"] = [text]
        key = (line.variation.pk, line.lot_number)
        if key in seen:
            sku = line.variation.sku_code
            errors[f"items.{index}.sku"] = [f"{sku} is named twice. Send one line with the sum."]
        seen.add(key)
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)


def problem_of(line: Correction) -> tuple[str, str] | None:
    """Return the field of a line that makes no sense, and what to do."""
    reason, quantity = line.reason_code, line.quantity
    if quantity == 0:
        return "quantity", "Send a quantity other than 0."
    if reason in TAKES_AWAY and quantity > 0:
        return "quantity", f"Goods that are {reason} leave stock. Send a negative quantity."
    if reason in ADDS and quantity < 0:
        return "quantity", f"Goods that are {reason} enter stock. Send a positive quantity."
    if reason == AdjustmentReason.OTHER and not line.reason_description.strip():
        return "reason_description", "Say what the other reason is."
    return None


def mends(line: Correction, balance: Stock | None) -> bool:
    """Say whether a correction takes away what never fitted the unit of the goods."""
    return balance is not None and fits(balance.on_hand + line.quantity, balance.quantity_decimals)


def value_of(corrections: Sequence[Correction], balances: Mapping[int, Stock]) -> Decimal:
    """Return what all lines are worth, whatever their sign, at the costs in force."""
    costs = {key: stock.average_cost for key, stock in balances.items()}
    total = sum(
        (
            abs(line.quantity)
            * (line.unit_cost or costs.get(line.variation.pk) or line.variation.cost_price)
            for line in corrections
        ),
        ZERO,
    )
    return total.quantize(CENT, ROUND_HALF_UP)


def post_adjustment(adjustment: AdjustmentRequest) -> None:
    """Post a new or locked adjustment: by who asked for it, approved by who decided it."""
    lines = list(adjustment.lines.select_related("variation"))
    changes = [
        StockChange(
            variation_id=line.variation_id,
            warehouse_id=adjustment.warehouse_id,
            quantity=line.quantity,
            unit_cost=line.unit_cost,
            reason_code=line.reason_code,
            reason_description=line.reason_description,
            reference_type=REFERENCE_TYPE,
            reference_code=adjustment.code,
            bin_location=line.bin_location,
            lot_number=line.lot_number,
            expiration_date=line.expiration_date,
            notes=adjustment.notes,
            approved_by_id=adjustment.decided_by_id,
            may_release_others=True,
            may_be_unavailable=True,
        )
        for line in with_costs(adjustment, lines)
    ]
    try:
        posted = apply_stock_changes(changes, acting_user=adjustment.requested_by)
    except UnfitLines as error:
        error.at_paths([f"items.{index}." for index in range(len(changes))])
        raise
    freed = [line for line, done in zip(lines, posted, strict=True) if done.released_from_others]
    for line, done in zip(lines, posted, strict=True):
        line.released_reservations = done.released_from_others
    if freed:
        AdjustmentLine.objects.bulk_update(freed, ["released_reservations"])
    adjustment.status, adjustment.posted_at = Status.POSTED, timezone.now()
    adjustment.save(update_fields=["status", "posted_at", "updated_at"])


def with_costs(
    adjustment: AdjustmentRequest, lines: Sequence[AdjustmentLine]
) -> Sequence[AdjustmentLine]:
    """Let goods that come in where there never were any be worth their catalogue cost."""
    arriving = [line for line in lines if line.quantity > 0 and line.unit_cost is None]
    if not arriving:
        return lines
    known = set(
        Stock.objects.filter(
            warehouse=adjustment.warehouse_id,
            variation__in=[line.variation_id for line in arriving],
            average_cost__gt=0,
        ).values_list("variation_id", flat=True)
    )
    for line in arriving:
        if line.variation_id not in known:
            line.unit_cost = line.variation.cost_price
    return lines


def lock_adjustment(adjustment: AdjustmentRequest) -> AdjustmentRequest:
    """Lock an adjustment until the transaction ends and return it as it is now."""
    locked: AdjustmentRequest = (
        AdjustmentRequest.objects.select_for_update(no_key=True, of=("self",))
        .select_related("requested_by")
        .get(pk=adjustment.pk)
    )
    return locked


@transaction.atomic
def approve_adjustment(
    *, adjustment: AdjustmentRequest, note: str = "", acting_user: Any
) -> AdjustmentRequest:
    """Approve a request and post it. Locks it, then the balances.

    Raises OwnRequest, WrongState, UnfitLines and InsufficientStock: then nothing is decided.
    """
    adjustment = lock_adjustment(adjustment)
    adjustment.require_step_to(Status.POSTED)
    decide(adjustment, note, acting_user)
    post_adjustment(adjustment)
    tell_decided("adjustment", adjustment, adjustment.requested_by_id)
    return adjustment


@transaction.atomic
def reject_adjustment(
    *, adjustment: AdjustmentRequest, note: str, acting_user: Any
) -> AdjustmentRequest:
    """Reject a request and say why. Locks it. Raises OwnRequest, WrongState, InvalidInput."""
    if not note.strip():
        raise InvalidInput("Say why you reject it.", {"note": ["Say why you reject it."]})
    adjustment = lock_adjustment(adjustment)
    adjustment.require_step_to(Status.REJECTED)
    adjustment.status = Status.REJECTED
    decide(adjustment, note, acting_user)
    tell_decided("adjustment", adjustment, adjustment.requested_by_id)
    return adjustment


def decide(adjustment: AdjustmentRequest, note: str, acting_user: Any) -> AdjustmentRequest:
    require_second_person(adjustment.requested_by_id, acting_user=acting_user)
    adjustment.decided_by, adjustment.decided_at = acting_user, timezone.now()
    adjustment.decision_note = note
    adjustment.save(
        update_fields=["status", "decided_by", "decided_at", "decision_note", "updated_at"]
    )
    return adjustment


@transaction.atomic
def cancel_adjustment(*, adjustment: AdjustmentRequest, acting_user: Any) -> AdjustmentRequest:
    """Take a pending request back: who asked for it may, and who decides. Locks it.

    Raises WrongState and NotAllowed.
    """
    adjustment = lock_adjustment(adjustment)
    adjustment.require_step_to(Status.CANCELLED)
    is_own = adjustment.requested_by_id == acting_user.pk
    if not is_own and not acting_user.can(Can.DECIDE_STOCK_CORRECTIONS):
        raise NotAllowed("Only who asked for it, or a manager, takes it back.")
    adjustment.status = Status.CANCELLED
    adjustment.save(update_fields=["status", "updated_at"])
    return adjustment
