"""Lots set aside and released, expiry acted upon, dates corrected."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from common.exceptions import InvalidInput, WrongState
from inventory.models import Lot, LotBalance, LotExpiryChange, LotQuarantine, Stock
from inventory.models.lot import stock_day
from inventory.queries import in_transit_by_stock
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from inventory.signals import STOCK_LEVELS_CHANGED
from notifications.outbox import record_event
from warehouses.models import Warehouse

AT_ONCE = 200
ZERO = Decimal(0)


@transaction.atomic
def set_quarantine(
    *, lot: Lot, warehouses: Sequence[Warehouse], quarantined: bool, reason: str, acting_user: Any
) -> list[LotQuarantine]:
    """Set a lot aside in warehouses, or release it; return what changed, by whom and why.

    What is set aside is not available: where orders had reserved it, the newest reservations are
    released and become back-orders, and the answer says how much. What is released is offered to
    back-orders. Locks the lot, then the balances. Raises WrongState where nothing would change,
    InvalidInput without a reason.
    """
    if not reason.strip():
        raise InvalidInput("Say why.", {"reason": ["Say why."]})
    lot = Lot.objects.select_for_update(no_key=True).get(pk=lot.pk)
    changes = [
        StockChange(
            variation_id=lot.variation_id,
            warehouse_id=warehouse.pk,
            lot_number=lot.lot_number,
            quarantine=quarantined,
            may_release_others=True,
        )
        for warehouse in warehouses
    ]
    before = conditions(lot, warehouses)
    posted = apply_stock_changes(changes, acting_user=acting_user)
    after = conditions(lot, warehouses)
    rows = [
        LotQuarantine(
            lot=lot,
            warehouse=warehouse,
            quarantined=quarantined,
            quantity=after[warehouse.pk][1],
            released_reservations=line.released_from_others,
            reason=reason.strip(),
            changed_by=acting_user,
        )
        for warehouse, line in zip(warehouses, posted, strict=True)
        if warehouse.pk in after and before.get(warehouse.pk, (False, ZERO))[0] != quarantined
    ]
    if not rows:
        done = "quarantined" if quarantined else "released"
        raise WrongState(f"Lot {lot.lot_number} is {done} there already, or was never there.")
    return LotQuarantine.objects.bulk_create(rows)


def conditions(lot: Lot, warehouses: Iterable[Warehouse]) -> dict[int, tuple[bool, Decimal]]:
    """Return by warehouse whether a lot is quarantined and how much of it there is."""
    rows = LotBalance.objects.filter(lot=lot, stock__warehouse__in=warehouses)
    return {
        warehouse: (quarantined, on_hand)
        for warehouse, quarantined, on_hand in rows.values_list(
            "stock__warehouse", "quarantined", "on_hand"
        )
    }


def act_on_expiry() -> int:
    """Take what expired out of what is available, and put back what did not after all.

    Returns how many lot balances that concerned. Posts batches, each a transaction of its own:
    whatever a posting touches it judges by today's date. Raises nothing of its own.
    """
    day = stock_day()
    late = Q(expired=False, lot__expiration_date__lt=day)
    early = Q(expired=True) & (Q(lot__expiration_date__gte=day) | Q(lot__expiration_date=None))
    found = LotBalance.objects.filter(late | early, on_hand__gt=0)
    stocks = sorted(set(found.values_list("stock", flat=True)))
    concerned = found.count()  # the answer is for the log; what is done does not depend on it
    for start in range(0, len(stocks), AT_ONCE):
        judge_lots(stocks[start : start + AT_ONCE], acting_user=None)
    return concerned


def judge_lots(stock_ids: Sequence[int], acting_user: Any) -> None:
    """Let the ledger look at the lots of balances as of today."""
    places = Stock.objects.filter(pk__in=stock_ids).values_list("variation_id", "warehouse_id")
    apply_stock_changes(
        [StockChange(variation_id=item, warehouse_id=place) for item, place in places],
        acting_user=acting_user,
    )


@transaction.atomic
def correct_expiry(
    *, lot: Lot, expiration_date: date | None, reason: str = "", acting_user: Any
) -> Lot:
    """Correct the day on which a lot expires, and what of it is available; why is kept with it.

    Movements keep the date that they were posted with. Locks the lot and its variation, then the
    variation's balances, before it writes the lot: a receipt, which holds its balance, waits for
    whoever has written a lot of the same number, and one that makes its balance for the variation.
    What alerts say of the lot follows. Raises InvalidInput where the goods track expiry and no date
    is given.
    """
    lot = (
        Lot.objects.select_for_update(no_key=True, of=("self", "variation"))
        .select_related("variation__product")
        .get(pk=lot.pk)
    )
    if expiration_date is None and lot.variation.product.expiration_tracking:
        text = "These goods track expiry dates. Send the date, as YYYY-MM-DD."
        raise InvalidInput(text, {"expiration_date": [text]})
    lock_balances_of(lot.variation_id)
    if lot.expiration_date != expiration_date:
        LotExpiryChange.objects.create(
            lot=lot,
            before=lot.expiration_date,
            after=expiration_date,
            reason=reason.strip(),
            changed_by=acting_user,
        )
    lot.expiration_date = expiration_date
    lot.save(update_fields=["expiration_date"])
    stock_ids = list(lot.balances.values_list("stock", flat=True))
    judge_lots(stock_ids, acting_user)
    if stock_ids:
        record_event(STOCK_LEVELS_CHANGED, {"stock_ids": stock_ids})
    return lot


def lock_balances_of(variation_id: int) -> None:
    """Lock all balances of a variation in the order of their keys, as postings do."""
    stocks = Stock.objects.filter(variation=variation_id).order_by("pk")
    list(stocks.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


def track_product(product_id: int, *, lots: bool, expiry: bool) -> None:
    """Let the balances of a locked product track lots or expiry dates, or neither.

    Raises WrongState while goods, in stock or in transit, would have to be given lots, or lose
    them. Locks the balances in the order of their keys; a balance that is being made waits for
    the product.
    """
    stocks = Stock.objects.filter(variation__product=product_id)
    locked = stocks.order_by("pk").select_for_update(no_key=True, of=("self",))
    begins_or_ends = [
        stock for stock in locked
        if (stock.tracks_lots or stock.tracks_expiry) != (lots or expiry)
    ]  # fmt: skip
    coming = in_transit_by_stock().filter(variation__product=product_id, quantity__gt=0)
    if any(stock.on_hand for stock in begins_or_ends) or (begins_or_ends and coming.exists()):
        text = (
            "While goods are in stock or in transit, they cannot begin or cease to track lots. "
            "Receive what is on its way, adjust the stock to 0, change this, and bring it back."
        )
        raise WrongState(text, {"lot_tracking" if lots else "expiration_tracking": [text]})
    stocks.exclude(tracks_lots=lots, tracks_expiry=expiry).update(
        tracks_lots=lots, tracks_expiry=expiry
    )
