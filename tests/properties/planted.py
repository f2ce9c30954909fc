"""Mistakes to plant into the product, each with the steps of a machine that can show it.

A machine that chooses from all steps comes to some of them after hundreds of examples only.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from inventory.services import ledger, lots, movements, stock_change
from inventory.services.counts import closing, entering
from inventory.services.lot_change import RunningLot
from inventory.services.stock_change import PostedChange, Posting, RunningBalance
from inventory.services.transfers import receiving, shipping
from inventory.services.transfers.transit import Transit
from purchasing.services import transitions as purchase_steps
from sales import queries as sales_queries
from sales.services import cancellation as sales_cancellation
from sales.services import returns as sales_returns


class Mistake(NamedTuple):
    """What is replaced, where, by what; and the steps that can show it, of how many items."""

    place: Any
    name: str
    replacement: Any
    steps: str
    items: int = 2


def average_of_the_last_receipt(self: Any, quantity: Decimal, unit_cost: Decimal | None) -> Any:
    cost = self.average_cost if unit_cost is None else unit_cost
    self.on_hand += quantity
    self.average_cost = cost
    return cost


def last_expired_first_out(lots: Sequence[Any], wanted: Decimal) -> list[tuple[Any, Decimal]]:
    chosen = []
    fit = [lot for lot in lots if lot.on_hand and not lot.is_unavailable]
    for lot in sorted(fit, key=lambda lot: (lot.expiration_date or date.max, lot.id), reverse=True):
        taken = min(lot.on_hand, wanted)
        chosen.append((lot, taken))
        wanted -= taken
        if not wanted:
            break
    return chosen


def set_condition_alone(self: Any, lot: Any, *, quarantined: bool, expired: bool) -> None:
    lot.quarantined, lot.expired, lot.touched = quarantined, expired, True


def one_more_is_available(self: Any) -> Decimal:
    one: Decimal = self.on_hand - self.reserved - self.unavailable + (1 if self.on_hand else 0)
    return one


def beginning_of_the_count(count: Any, lines: Sequence[Any]) -> dict[Any, Any]:
    return {
        (line.variation_id, line.lot_number): entering.LedgerNow(
            line.expected, line.variation.cost_price, None
        )
        for line in lines
    }


def newer_half(changes: Sequence[Any], acting_user: Any) -> list[PostedChange]:
    older, newer = changes[: len(changes) // 2], changes[len(changes) // 2 :]
    posted = ledger.apply_stock_changes(newer, acting_user=acting_user)
    nothing = (None, Decimal(0), Decimal(0), Decimal(0))
    return posted + [PostedChange(change, *nothing) for change in older]


def newest_first(sql: str) -> str:
    return sql.replace("o.id, i.position", "o.id DESC, i.position").replace(
        "order_date, order_id, position", "order_id DESC, position"
    )


WRITE_OFF, TAKE, PORTIONS = receiving.write_off, Transit.take, shipping.portions_of


def take_the_first(self: Any, line: Any, quantity: Decimal, lot: str = "", index: int = 0) -> Any:
    return TAKE(self, line, quantity, "", index)


def ship_the_first(lines: Any, leaving: Any) -> Any:
    return [portion._replace(lot_number="") for portion in PORTIONS(lines, leaving)]


WAITING = sales_queries.WAITING
MISTAKES = {
    "the average cost is that of the last receipt": Mistake(
        RunningBalance, "receive", average_of_the_last_receipt, "receive"
    ),
    "the last to expire leaves first": Mistake(
        stock_change, "first_expired_first_out", last_expired_first_out, "receive issue"
    ),
    "expired lots stay available": Mistake(
        RunningLot, "expires_by", lambda self, day: False, "receive next_day"
    ),
    "a lot may not leave on its last day": Mistake(
        RunningLot, "expires_by",
        lambda self, day: self.expiration_date is not None and self.expiration_date <= day,
        "receive",
    ),
    "quarantined goods stay available": Mistake(
        RunningBalance, "set_condition", set_condition_alone, "receive set_aside"
    ),
    "one more may leave than there is": Mistake(
        RunningBalance, "available", property(one_more_is_available), "receive take_order", items=1
    ),
    "an issue does not use up its reservation": Mistake(
        Posting, "_held", lambda self, change, balance: Decimal(0), "receive take_order fulfil_all"
    ),
    "the oldest reservations are taken back": Mistake(
        ledger, "READ_NEWEST_HOLDS",
        ledger.READ_NEWEST_HOLDS.replace("created_at DESC, id DESC", "created_at, id"),
        "receive take_order damage_what_several_lines_hold",
    ),
    "the newest back-order is served first": Mistake(
        sales_queries, "WAITING", newest_first(WAITING), "receive take_order", items=1
    ),
    "urgent back-orders wait like others": Mistake(
        sales_queries, "WAITING",
        WAITING.replace("o.priority DESC, ", "").replace("priority DESC, ", ""),
        "take_order receive_what_several_wait_for",
    ),
    "back-orders do not wait for goods": Mistake(
        ledger, "announce", lambda posting, acting_user, *, quiet: None, "receive take_order",
        items=1,
    ),
    "a cancelled order keeps what it reserved": Mistake(
        sales_cancellation, "released", lambda order, items: [], "receive take_order cancel"
    ),
    "goods return at no cost": Mistake(
        sales_returns, "costs_left_at", lambda keys: dict.fromkeys(keys, Decimal(0)),
        "receive take_order fulfil_all give_back", items=1,
    ),
    "what is on order is not incoming": Mistake(
        purchase_steps, "apply_stock_changes", lambda changes, acting_user: [], "buy"
    ),
    "a count is compared with the stock of its beginning": Mistake(
        entering, "ledger_now", beginning_of_the_count, "receive begin_to_count count_anything",
        items=1,
    ),
    "what nobody counted stays when it is said not to be there": Mistake(
        closing, "count_as_zero", lambda count, lines, acting_user: None,
        "receive begin_to_count hand_in",
    ),
    "a count posts the newer half of its differences": Mistake(
        closing, "apply_stock_changes", newer_half,
        "receive begin_to_count count_nearly_right hand_in post_differences",
    ),
    "half a piece is counted": Mistake(
        stock_change, "fits", lambda quantity, decimals: True, "receive"
    ),
    "goods leave before they came": Mistake(
        movements, "require_stock_then", lambda posted: None, "record_late"
    ),
    "what is recorded late counts today": Mistake(
        movements, "checked_time", lambda *told: None, "record_late"
    ),
    "damaged goods stay in stock": Mistake(
        receiving, "write_off", lambda *told: WRITE_OFF(*told)[:1], "receive ship arrive",
        items=1,
    ),
    "lost goods go back to where they came from": Mistake(
        receiving, "write_off", receiving.send_back, "receive ship close", items=1
    ),
    "an arrival takes other lots than it names": Mistake(
        Transit, "take", take_the_first, "receive ship arrive"
    ),
    "other lots are shipped than those named": Mistake(
        shipping, "portions_of", ship_the_first, "receive ship"
    ),
    "the nightly task does nothing": Mistake(
        lots, "judge_lots", lambda stock_ids, acting_user: None, "receive next_day"
    ),
}  # fmt: skip
