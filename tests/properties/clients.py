"""Clients that take the machine's steps at the same time, each with a connection of its own."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from copy import copy, deepcopy
from threading import Lock
from typing import Any, NamedTuple

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RULE_MARKER

from common.exceptions import DomainError
from tests.properties.comparison import Comparison
from tests.properties.machine import FIRST_DAY
from tests.properties.model import World
from tests.properties.sales_rules import SalesRules
from tests.properties.stock_rules import StockRules
from tests.properties.things import Refused
from tests.properties.transfer_rules import TransferRules


class Step(NamedTuple):
    """A rule of the machine, with what was drawn for it."""

    rule: Any
    arguments: dict[str, Any]

    def __repr__(self) -> str:
        drawn = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.rule.function.__name__}({drawn})"


class Documents(list[Any]):
    """Documents that all clients know; each works on a copy that is no other's."""

    def __getitem__(self, index: Any) -> Any:
        return copy(super().__getitem__(index))


class Table(Comparison):
    """What the clients share: the documents, and the model's worlds, one after each operation."""

    def __init__(self, scene: Any) -> None:
        self.scene = scene
        self.worlds = [World(tracked=frozenset({1, 2}), whole=frozenset({0}), today=FIRST_DAY)]
        self.orders, self.purchases, self.transfers = Documents(), Documents(), Documents()
        self.counts: list[Any] = []
        self.told: Counter[str] = Counter()
        self.proves_the_ledger = True
        self.turn = Lock()

    @property
    def world(self) -> World:  # type: ignore[override]
        return self.worlds[-1]

    def number(self) -> int:
        """Return the number of the newest world; what made it is committed."""
        with self.turn:
            return len(self.worlds) - 1


class Client(StockRules, SalesRules, TransferRules):
    """Does its steps in the product; the model follows in the order of the commits.

    Whoever waits for a row waits until its holder has committed. So the model takes an operation
    at the moment before its commit, under a lock that lasts until after it: nothing that was done
    on the same rows can come between. What is refused must be refused by one of the worlds that
    there were while it was tried.
    """

    def __init__(self, table: Table) -> None:
        self.table, self.scene = table, table.scene
        self.orders, self.purchases = table.orders, table.purchases
        self.transfers = table.transfers

    @property
    def world(self) -> World:  # type: ignore[override]
        return self.table.world

    def work(self, plan: Sequence[Step]) -> None:
        for step in plan:
            if all(holds(self) for holds in step.rule.preconditions):
                step.rule.function(self, **step.arguments)

    def both(self, product: Any, model: Any, made: list[Any] | None = None) -> None:
        begun = self.table.number()
        try:
            with ExitStack() as until_committed, transaction.atomic():
                result = product()
                until_committed.enter_context(self.table.turn)
                wanted = deepcopy(self.table.world)
                refusal = refusal_of(model, wanted)
                assert not refusal, f"the product did what the model refuses: {refusal}"
                self.table.worlds.append(wanted)
                if made is not None:
                    made.append(result)
                self.table.told["done"] += 1
        except DomainError as error:
            self.require_refused(error.code, model, begun)

    def require_refused(self, code: str, model: Any, begun: int) -> None:
        """One of the worlds since must refuse it with this code."""
        worlds = self.table.worlds[begun : self.table.number() + 1]
        lawful = {refusal_of(model, deepcopy(world)) for world in worlds}
        assert code in lawful, f"the product refused with {code}, the model said {lawful}"
        self.table.told[code] += 1


def refusal_of(model: Callable[[World], Any], world: World) -> str:
    try:
        model(world)
    except Refused as error:
        return str(error)
    return ""


def plans(
    clients: int, steps: int, names: str, few: dict[str, Any]
) -> st.SearchStrategy[list[list[Step]]]:
    """Return what draws a plan for each client, of the rules named; `few` narrows what for."""
    rules = [getattr(getattr(Client, name), RULE_MARKER) for name in names.split()]
    drawn = [
        {name: few.get(name, value) for name, value in rule.arguments.items()} for rule in rules
    ]
    step = st.one_of(
        *[
            st.builds(Step, st.just(rule), st.fixed_dictionaries(arguments))
            for rule, arguments in zip(rules, drawn, strict=True)
        ]
    )
    plan = st.lists(step, min_size=steps, max_size=steps)
    return st.lists(plan, min_size=clients, max_size=clients)
