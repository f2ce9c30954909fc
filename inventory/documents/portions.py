"""How much of which lot, on paper: proposed as the ledger takes them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from common.documents.words import amount_of
from inventory.models import LotBalance, Stock
from inventory.models.lot import stock_day
from inventory.services.lot_change import RunningLot, first_expired_first_out

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Portion:
    """So much of one lot."""

    lot_number: str
    expires: str
    quantity: Decimal

    def __str__(self) -> str:
        expires = f", expires {self.expires}" if self.expires else ""
        return f"Lot {self.lot_number}{expires}: {amount_of(self.quantity)}"


def sellable_lots(stocks: Iterable[Stock]) -> dict[int, list[RunningLot]]:
    """Return by balance the lots that may leave today."""
    lots: dict[int, list[RunningLot]] = defaultdict(list)
    balances = LotBalance.objects.filter(stock__in=list(stocks), on_hand__gt=0, quarantined=False)
    for balance in balances.select_related("lot"):
        lot = RunningLot(
            balance.lot_id, balance.lot.lot_number, balance.lot.expiration_date, balance.on_hand,
            quarantined=False, expired=balance.expired,
        )  # fmt: skip
        if not lot.expired and not lot.expires_by(stock_day()):
            lots[balance.stock_id].append(lot)
    return lots


def take(lots: list[RunningLot], wanted: Decimal) -> tuple[Portion, ...]:
    """Take so much of the lots, first the one that expires first, and count it off them."""
    there = sum((lot.on_hand for lot in lots), ZERO)
    if not min(wanted, there):
        return ()
    chosen = first_expired_first_out(lots, min(wanted, there))
    for lot, quantity in chosen:
        lot.change(-quantity)
    return tuple(
        Portion(lot.lot_number, str(lot.expiration_date or ""), quantity)
        for lot, quantity in chosen
    )
