"""The same operations on the product and on the model; after each, everything is compared."""

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from common.exceptions import DomainError
from inventory.services.lots import act_on_expiry
from sales.models import SalesOrder
from tests.properties.comparison import Comparison
from tests.properties.count_rules import CountRules
from tests.properties.model import World
from tests.properties.sales_rules import SalesRules
from tests.properties.stock_rules import StockRules
from tests.properties.things import Refused
from tests.properties.transfer_rules import TransferRules

FIRST_DAY = date(2030, 1, 1)


class StockMachine(
    StockRules, SalesRules, CountRules, TransferRules, Comparison, RuleBasedStateMachine
):
    """Three items (two go by lots, one by the piece) in two warehouses, worked on by one person."""

    scene: Any = None  # items, warehouses, supplier, person and clock; the test sets it
    proves_the_ledger = True
    told: Any = None  # a Counter of examples, steps and answers; the test sets it

    def __init__(self) -> None:
        super().__init__()
        self.told["examples"] += 1
        self.world = World(tracked=frozenset({1, 2}), whole=frozenset({0}), today=FIRST_DAY)
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.scene.clock(FIRST_DAY)
        self.orders: list[SalesOrder] = []
        self.purchases: list[Any] = []
        self.transfers: list[Any] = []
        self.counts: list[Any] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def both(self, product: Any, model: Any, made: list[Any] | None = None) -> None:
        """Do it in the product and in a copy of the model; both do it, or both refuse it.

        What the product returns is kept in `made`, where the rules find it again.
        """
        answer, result = self.answer_of(product)
        wanted, refusal = deepcopy(self.world), ""
        try:
            model(wanted)
        except Refused as error:
            refusal = str(error)
        assert answer == refusal
        self.told[answer or "done"] += 1
        if not refusal:
            self.world = wanted
            if made is not None:
                made.append(result)

    def answer_of(self, product: Any) -> tuple[str, Any]:
        """Return the code of the product's refusal, or an empty one, and what it returned."""
        try:
            return "", product()
        except DomainError as error:
            note(f"{error.code}: {error.message}")
            return error.code, None

    @rule(nightly=st.booleans())
    def next_day(self, nightly):  # type: ignore[no-untyped-def]
        self.world.today += timedelta(days=1)
        self.scene.clock(self.world.today)
        if nightly:
            self.both(act_on_expiry, World.nightly)
