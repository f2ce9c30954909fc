"""Any sequence of operations answers as a small model does; planted mistakes are all noticed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from inspect import getmembers
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test

from inventory.services import ledger, lots, stock_change
from inventory.services.counts import closing, entering
from inventory.services.lot_change import RunningLot
from inventory.services.stock_change import PostedChange, Posting, RunningBalance
from purchasing.services import transitions as purchase_steps
from sales import queries as sales_queries
from sales.services import cancellation as sales_cancellation
from sales.services import returns as sales_returns
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.properties.machine import FIRST_DAY, StockMachine

pytestmark = pytest.mark.django_db
STEPS_OF_AN_EXAMPLE = 40
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@dataclass
class Scene:
    """What the machine works with."""

    items: list[Any]
    places: list[Any]
    supplier: Any
    person: Any
    boss: Any
    clock: Callable[[date], None]


@pytest.fixture
def machine():
    """A machine class with goods, warehouses and people of its own, at noon of a day it sets."""
    plain = VariationFactory()
    lots_alone = VariationFactory(product=ProductFactory(lot_tracking=True))
    dated = VariationFactory(product=ProductFactory(lot_tracking=True))

    with time_machine.travel(noon(FIRST_DAY), tick=False) as traveller:

        class Machine(StockMachine):
            scene = Scene(
                items=[plain, lots_alone, dated],
                places=WarehouseFactory.create_batch(2),
                supplier=SupplierFactory(),
                person=UserFactory(role="admin"),
                boss=UserFactory(role="admin"),
                clock=lambda day: traveller.move_to(noon(day)),
            )

        yield Machine


def noon(day):
    return datetime.combine(day, time(12), UTC)


def run(machine, examples, **rest):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS_OF_AN_EXAMPLE,
            deadline=None,
            database=None,
            suppress_health_check=SLOW,
            **rest,
        ),
    )


def test_stock_is_what_the_model_says_after_every_step(machine, count):
    """Hundreds of steps each time, the same ones; 100,000 others in the full run."""
    examples = count(12, full=100_000 // STEPS_OF_AN_EXAMPLE)

    run(machine, examples, derandomize=examples < 100)


# Mistakes, each planted into the product: what is replaced, where, by what.


def average_of_the_last_receipt(self, quantity, unit_cost):
    cost = self.average_cost if unit_cost is None else unit_cost
    self.on_hand += quantity
    self.average_cost = cost
    return cost


def last_expired_first_out(lots, wanted):
    chosen = []
    fit = [lot for lot in lots if lot.on_hand and not lot.is_unavailable]
    for lot in sorted(fit, key=lambda lot: (lot.expiration_date or date.max, lot.id), reverse=True):
        taken = min(lot.on_hand, wanted)
        chosen.append((lot, taken))
        wanted -= taken
        if not wanted:
            break
    return chosen


def set_condition_and_forget_the_balance(self, lot, *, quarantined, expired):
    lot.quarantined, lot.expired, lot.touched = quarantined, expired, True


def one_more_is_available(self):
    return self.on_hand - self.reserved - self.unavailable + (1 if self.on_hand else 0)


def beginning_of_the_count(count, lines):
    return {
        (line.variation_id, line.lot_number): entering.LedgerNow(
            line.expected, line.variation.cost_price, None
        )
        for line in lines
    }


def nothing_released(order, items):
    return []


MISTAKES = {
    "the average cost is that of the last receipt": (
        RunningBalance, "receive", average_of_the_last_receipt,
    ),
    "the last to expire leaves first": (
        stock_change, "first_expired_first_out", last_expired_first_out,
    ),
    "expired lots stay available": (RunningLot, "expires_by", lambda self, day: False),
    "a lot may not leave on its last day": (
        RunningLot, "expires_by",
        lambda self, day: self.expiration_date is not None and self.expiration_date <= day,
    ),
    "quarantined goods stay available": (
        RunningBalance, "set_condition", set_condition_and_forget_the_balance,
    ),
    "one more may leave than there is": (
        RunningBalance, "available", property(one_more_is_available),
    ),
    "an issue does not use up its reservation": (
        Posting, "_held", lambda self, change, balance: Decimal(0),
    ),
    "the oldest reservations are taken back": (
        ledger, "READ_NEWEST_HOLDS",
        ledger.READ_NEWEST_HOLDS.replace("created_at DESC, id DESC", "created_at, id"),
    ),
    "the newest back-order is served first": (
        sales_queries, "WAITING",
        sales_queries.WAITING.replace("o.id, i.position", "o.id DESC, i.position").replace(
            "order_date, order_id, position", "order_id DESC, position"
        ),
    ),
    "urgent back-orders wait like others": (
        sales_queries, "WAITING", sales_queries.WAITING.replace("o.priority DESC, ", "").replace(
            "priority DESC, ", ""
        ),
    ),
    "back-orders do not wait for goods": (
        ledger, "announce", lambda posting, acting_user, *, quiet: None,
    ),
    "a cancelled order keeps what it reserved": (
        sales_cancellation, "released", nothing_released,
    ),
    "goods return at no cost": (
        sales_returns, "costs_left_at", lambda keys: dict.fromkeys(keys, Decimal(0)),
    ),
    "what is on order is not incoming": (
        purchase_steps, "apply_stock_changes", lambda changes, acting_user: [],
    ),
    "a count is compared with the stock of its beginning": (
        entering, "ledger_now", beginning_of_the_count,
    ),
    "what nobody counted stays when it is said not to be there": (
        closing, "count_as_zero", lambda count, lines, acting_user: None,
    ),
    "a count posts the newer half of its differences": (
        closing, "apply_stock_changes",
        lambda changes, acting_user: ledger.apply_stock_changes(
            changes[len(changes) // 2 :], acting_user=acting_user
        ) + [PostedChange(change, None, Decimal(0), Decimal(0), Decimal(0))
             for change in changes[: len(changes) // 2]],
    ),
    "the nightly task does nothing": (lots, "judge_lots", lambda stock_ids, acting_user: None),
}  # fmt: skip
# Mistakes that show after several steps in one order only: the steps from which a machine of
# their own chooses, lest hundreds of examples go by that never come to it.
STEPS = {
    "the last to expire leaves first": {"receive", "issue", "next_day"},
    "goods return at no cost": {"receive", "take_order", "fulfil_all", "give_back"},
    "a count posts the newer half of its differences": {
        "receive", "issue", "begin_to_count", "count_nearly_right", "count_anything", "hand_in",
        "post_differences",
    },
}  # fmt: skip


def focused(machine, steps):
    """Return a machine that takes these steps alone."""
    rules = {name for name, member in getmembers(machine) if hasattr(member, RULE_MARKER)}
    assert steps <= rules
    return type("Focused", (machine,), dict.fromkeys(rules - steps))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_planted_mistake_is_noticed(machine, monkeypatch, mistake):
    """The model alone notices: what verify_ledger proves is left out."""
    place, name, replacement = MISTAKES[mistake]
    monkeypatch.setattr(place, name, replacement)
    monkeypatch.setattr(machine, "proves_the_ledger", False)
    if mistake in STEPS:
        machine = focused(machine, STEPS[mistake])

    with pytest.raises((AssertionError, DatabaseError, FlakyFailure)):
        run(machine, 300, derandomize=True, phases=[Phase.generate])
