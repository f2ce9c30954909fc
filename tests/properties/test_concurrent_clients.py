"""Clients on connections of their own take the machine's steps: each answer is the model's."""

from collections import Counter
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RULE_MARKER

from inventory.models import TransferRequest
from inventory.services import ledger
from inventory.services.transfers import receiving
from purchasing.models import PurchaseOrder
from purchasing.services import receipts
from sales.models import SalesOrder
from sales.services import fulfilment
from tests.properties.clients import Client, Table, plans
from tests.properties.noticing import noticed
from tests.properties.scene import set_scene
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 6
STEPS = (
    "receive issue adjust record_late damage_what_several_lines_hold set_aside correct_date "
    "ship arrive close send_back buy unload call_off take_order fulfil_all fulfil_part cancel "
    "allocate receive_what_several_wait_for give_back"
)
EMPTY = """
    TRUNCATE inventory_stock, inventory_stockmovement, inventory_stockreservation, inventory_lot,
             inventory_transferrequest, sales_salesorder, purchasing_purchaseorder CASCADE"""


def clear():
    """Empty, as the owner, what the round before left."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SET inventorypulse.maintenance = 'on'")
        cursor.execute(EMPTY)
        cursor.execute("RESET inventorypulse.maintenance")
        cursor.execute(f"SET ROLE {connection.ops.quote_name(django_settings.DATABASE_APP_ROLE)}")


def stocked(scene):
    """Return a table with some of every lot in every place, first named in one order."""
    table = Table(scene)
    receive = getattr(Client.receive, RULE_MARKER).function
    for item in range(3):
        for place in range(2):
            for lot in ("A", "B", "C") if item else ("",):
                receive(Client(table), item, place, Decimal(8), lot, None, Decimal(4))
    return table


def work_at_once(plan_of_each):
    """Let each client do its plan, and compare what came of it; return the answers."""
    clear()
    with set_scene() as scene:
        table = stocked(scene)
        outcomes = run_at_once(*[partial(Client(table).work, plan) for plan in plan_of_each])
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        table.figures_are_the_models()
        table.past_days_are_the_models()
        table.ledger_is_sound()
    return table.told


def run_rounds(rounds, steps, names, few=None, do=work_at_once):
    """Draw plans for the clients and let them work, so many times; return all answers."""
    answers = Counter()

    @settings(
        max_examples=rounds, phases=[Phase.generate], database=None, deadline=None,
        derandomize=True, report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(plans(CLIENTS, steps, names, few or {}))
    def work(plan_of_each):
        answers.update(do(plan_of_each))

    work()
    return answers


def test_what_clients_are_told_at_once_is_what_the_model_says_in_one_order(count, record_property):
    rounds, steps = count(3, full=120), count(12, full=25)

    answers = run_rounds(rounds, steps, STEPS)

    record_property("answers to concurrent clients", dict(answers))
    assert answers["done"] > answers.total() // 4
    assert answers["insufficient_stock"] > 0


class Race(NamedTuple):
    """What is replaced, where, by what: a lock that is not taken; and the steps that show it."""

    place: object
    name: str
    replacement: object
    steps: str


def unlocked(model):
    """Return what reads a document as it is, without waiting for who holds it."""
    return lambda row: model._default_manager.get(pk=row.pk)


# So that the clients meet: the first documents, and one item without lots.
FEW = {
    "which": st.integers(0, 1),
    "item": st.just(0),
    "place": st.just(0),
    "position": st.just(0),
    "lot": st.just(""),
    "away": st.none(),
    "quantity": st.integers(1, 3).map(Decimal),
    "wanted": st.just([(0, Decimal(3))]),
}
RACES = {
    "balances are not locked": Race(
        ledger, "LOCK", ledger.LOCK.replace("FOR NO KEY UPDATE OF s", ""), "receive issue"
    ),
    "a transfer that arrives is not locked": Race(
        receiving, "lock_transfer", unlocked(TransferRequest), "ship arrive"
    ),
    "a purchase order that comes in is not locked": Race(
        receipts, "lock_purchase_order", unlocked(PurchaseOrder), "buy unload"
    ),
    "a sales order that is delivered is not locked": Race(
        fulfilment, "lock_order", unlocked(SalesOrder), "take_order fulfil_part"
    ),
}


@pytest.mark.parametrize("race", RACES)
def test_lock_that_is_not_taken_is_noticed(monkeypatch, record_property, race):
    """The model or a constraint does; the control: as many rounds of these steps pass with it."""
    place, name, replacement, steps = RACES[race]
    begun = []

    def noted(plan_of_each):
        begun.append(len(plan_of_each))
        return work_at_once(plan_of_each)

    with monkeypatch.context() as planted:
        planted.setattr(place, name, replacement)
        with noticed():
            run_rounds(20, 12, steps, FEW, noted)

    record_property("rounds until it was noticed", len(begun))
    run_rounds(len(begun), 12, steps, FEW)
