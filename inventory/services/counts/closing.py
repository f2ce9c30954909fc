"""Submitting a count, deciding it, and posting its differences."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from common.exceptions import InvalidInput
from common.second_person import require_second_person
from inventory.exceptions import CountIncomplete
from inventory.models import Lot, StockCount, StockCountLine
from inventory.services.counts.counters import require_counter
from inventory.services.counts.entering import ENTERED, ZERO, ledger_now, lock_count
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from inventory.services.tell import tell_count_assigned, tell_count_waits, tell_decided

Status, Uncounted = StockCount.Status, StockCount.Uncounted
REFERENCE_TYPE, REASON = "stock_count", "count"
CENT = Decimal("0.01")
NAMED = 20


@transaction.atomic
def submit_count(*, count: StockCount, uncounted: str = "", acting_user: Any) -> StockCount:
    """Submit a count with its accuracy; `uncounted` says what of lines that nobody counted.

    They are left out, or counted as zero: an explicit choice. Locks the count. Raises WrongState,
    and CountIncomplete naming lines that lack a count or a recount.
    """
    count = lock_count(count)
    count.require_step_to(Status.SUBMITTED)
    lines = list(count.lines.select_related("variation"))
    require_complete(lines, uncounted)
    if uncounted == Uncounted.ZERO:
        count_as_zero(count, [one for one in lines if one.counted_quantity is None], acting_user)
    counted = [line for line in lines if line.counted_quantity is not None]
    if not counted:
        raise CountIncomplete("Nothing was counted. Enter at least one line, or cancel the count.")
    note_accuracy(count, counted)
    count.uncounted = uncounted
    count.status = Status.SUBMITTED
    count.submitted_by, count.submitted_at = acting_user, timezone.now()
    count.save()
    tell_count_waits(count)
    return count


def require_complete(lines: Sequence[StockCountLine], uncounted: str) -> None:
    again = [line for line in lines if line.needs_recount]
    if again:
        raise CountIncomplete(
            f"{len(again)} lines differ by more than tolerated. Count them again, then submit.",
            {"recount": [str(line) for line in again[:NAMED]]},
        )
    missing = [line for line in lines if line.counted_quantity is None]
    if missing and not uncounted:
        raise CountIncomplete(
            f"{len(missing)} lines are not counted. Count them, or send uncounted: left_out (they "
            "stay as they are) or zero (they are not there).",
            {"uncounted": [str(line) for line in missing[:NAMED]]},
        )


def count_as_zero(count: StockCount, lines: Sequence[StockCountLine], acting_user: Any) -> None:
    """Note that lines are not there, compared with the ledger as it is now."""
    now = ledger_now(count, lines)
    for line in lines:
        ledger = now[line.variation_id, line.lot_number]
        line.counted_quantity, line.on_hand_at_scan = ZERO, ledger.on_hand
        line.unit_cost, line.movement_at_scan = ledger.unit_cost, ledger.last_movement
        line.counted_by, line.counted_at = acting_user, timezone.now()
    StockCountLine.objects.bulk_update(lines, ENTERED, batch_size=1000)


def note_accuracy(count: StockCount, counted: Sequence[StockCountLine]) -> None:
    """Note how many lines, and how much of the value, were right."""
    differences = [(line.difference or ZERO) * line.unit_cost for line in counted]
    expected = sum(((line.on_hand_at_scan or ZERO) * line.unit_cost for line in counted), ZERO)
    count.lines_counted = len(counted)
    count.lines_right = sum(not line.difference for line in counted)
    count.value_expected = in_cents(expected)
    count.value_difference = in_cents(sum(map(abs, differences), ZERO))
    count.value_net = in_cents(sum(differences, ZERO))


def in_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


@transaction.atomic
def approve_count(*, count: StockCount, note: str = "", acting_user: Any) -> StockCount:
    """Approve a submitted count and post all differences in one document.

    Each difference is that at the moment of its entry, applied to the balance as it is now; where
    less is left than reserved, the newest reservations become back-orders and the lines say so.
    Who counted or submitted does not approve. Locks the count, then the balances. Raises
    WrongState, OwnRequest and InsufficientStock naming lines that must be counted again.
    """
    count = lock_count(count)
    count.require_step_to(Status.POSTED)
    lot = Lot.objects.filter(variation=OuterRef("variation"), lot_number=OuterRef("lot_number"))
    differing = count.lines.differing().select_related("variation")
    lines = list(differing.annotate(lot_is_known=Exists(lot)))
    counters = set(count.lines.order_by().values_list("counted_by", flat=True).distinct())
    require_second_person({count.submitted_by_id, *counters}, acting_user=acting_user)
    posted = apply_stock_changes(
        [difference_of(count, line, acting_user) for line in lines], acting_user=count.submitted_by
    )
    for line, done in zip(lines, posted, strict=True):
        line.released_reservations = done.released_from_others
    StockCountLine.objects.bulk_update(
        [line for line in lines if line.released_reservations], ["released_reservations"]
    )
    close(count, Status.POSTED, note, acting_user)
    tell_decided("count", count, count.submitted_by_id)
    return count


def difference_of(count: StockCount, line: Any, acting_user: Any) -> StockChange:
    """Return the posting of a line; a known lot keeps its date, also one corrected meanwhile."""
    return StockChange(
        variation_id=line.variation_id,
        warehouse_id=count.warehouse_id,
        quantity=line.difference or ZERO,
        unit_cost=line.unit_cost,
        reason_code=REASON,
        reason_description=line.notes,
        reference_type=REFERENCE_TYPE,
        reference_code=count.code,
        bin_location=line.bin_location,
        lot_number=line.lot_number,
        expiration_date=None if line.lot_is_known else line.expiration_date,
        approved_by_id=acting_user.pk,
        may_release_others=True,
        may_be_unavailable=True,
    )


@transaction.atomic
def reject_count(*, count: StockCount, note: str, acting_user: Any) -> StockCount:
    """Reject a submitted count for good and say why: nothing is posted. Locks the count."""
    require_note(note)
    count = lock_count(count)
    count.require_step_to(Status.REJECTED)
    close(count, Status.REJECTED, note, acting_user)
    tell_decided("count", count, count.submitted_by_id)
    return count


@transaction.atomic
def order_recount(
    *, count: StockCount, note: str, assigned_to: Any = None, acting_user: Any
) -> StockCount:
    """Send a submitted count back: every line that differs is counted again. Locks the count.

    `assigned_to` is who shall do it, where that is somebody else than before. Who shall do it is
    told, and who submitted it, nobody twice. What it said of its accuracy goes: it holds no
    longer, and tells what a blind count hides.
    """
    require_note(note)
    count = lock_count(count)
    count.require_step_to(Status.COUNTING)
    require_counter(assigned_to, count.warehouse)
    count.lines.differing().update(needs_recount=True)
    note_accuracy(count, [])
    count.uncounted = ""
    count.status, count.decision_note = Status.COUNTING, note
    count.assigned_to = assigned_to or count.assigned_to
    count.save()
    tell_decided("count", count, count.submitted_by_id)
    if count.assigned_to_id != count.submitted_by_id:
        tell_count_assigned(count, acting_user)
    return count


@transaction.atomic
def cancel_count(*, count: StockCount, note: str = "", acting_user: Any) -> StockCount:
    """Give a count up: nothing is posted. Locks the count. Raises WrongState."""
    count = lock_count(count)
    count.require_step_to(Status.CANCELLED)
    return close(count, Status.CANCELLED, note, acting_user)


def require_note(note: str) -> None:
    if not note.strip():
        raise InvalidInput("Say why.", {"note": ["Say why."]})


def close(count: StockCount, status: str, note: str, acting_user: Any) -> StockCount:
    """Give a locked count its last status, and free its goods for other counts."""
    count.status, count.decision_note = status, note
    count.decided_by, count.decided_at = acting_user, timezone.now()
    count.save(update_fields=["status", "decision_note", "decided_by", "decided_at", "updated_at"])
    count.lines.filter(is_open=True).update(is_open=False)
    return count
