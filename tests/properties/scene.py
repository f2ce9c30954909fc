"""What machines work with, and how they are run."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from inspect import getmembers
from typing import Any

import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RULE_MARKER, precondition, rule, run_state_machine_as_test

from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.properties.machine import FIRST_DAY, StockMachine
from tests.properties.strategies import QUANTITIES

FEW: dict[str, Any] = {
    "place": st.just(0),
    "source": st.just(0),
    "priority": st.integers(2, 3),
    "off_by": st.sampled_from([-1, 1]),
    "uncounted": st.sampled_from(["left_out", "zero"]),
    "scrap": st.just(False),
}
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@dataclass
class Scene:
    """Goods, places and people, and a clock to set."""

    items: list[Any]
    places: list[Any]
    supplier: Any
    person: Any
    boss: Any
    clock: Callable[[date], None]


@contextmanager
def set_scene() -> Iterator[Scene]:
    """Make goods, warehouses and people, at noon of a day that the clock sets."""
    plain = VariationFactory(stock_unit="pieces")
    lots_alone = VariationFactory(product=ProductFactory(lot_tracking=True))
    dated = VariationFactory(product=ProductFactory(lot_tracking=True))
    with time_machine.travel(noon(FIRST_DAY), tick=False) as traveller:
        yield Scene(
            items=[plain, lots_alone, dated],
            places=WarehouseFactory.create_batch(2),
            supplier=SupplierFactory(),
            person=UserFactory(role="admin"),
            boss=UserFactory(role="admin"),
            clock=lambda day: traveller.move_to(noon(day)),
        )


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def rule_names() -> set[str]:
    return {name for name, member in getmembers(StockMachine) if hasattr(member, RULE_MARKER)}


def machine_of(
    scene: Scene, steps: str = "", items: int = 2, **attributes: Any
) -> type[StockMachine]:
    """Return a machine on this scene that takes all steps there are, or these alone.

    With few steps it also works on few shelves, so that what one does meets what others did.
    """
    told: Counter[str] = Counter()
    attributes |= {"scene": scene, "told": told}
    if not steps:
        return type("AllSteps", (StockMachine,), attributes)
    chosen = {name: on_few_shelves(getattr(StockMachine, name), items) for name in steps.split()}
    return type("FewSteps", (StockMachine,), dict.fromkeys(rule_names()) | chosen | attributes)


def on_few_shelves(step: Any, items: int) -> Any:
    """Return a step that works on so many items, at one end, and draws what leads further."""
    drawn, item = getattr(step, RULE_MARKER), st.integers(0, items - 1)
    wanted = st.lists(st.tuples(item, QUANTITIES), min_size=1, max_size=items)
    few = FEW | {"item": item, "wanted": wanted} | ({"lot": st.just("")} if items == 1 else {})
    narrowed = {name: few.get(name, drawn.arguments[name]) for name in drawn.arguments}
    again: Any = rule(**narrowed)(drawn.function)
    for condition in drawn.preconditions:
        again = precondition(condition)(again)
    return again


def run(machine: type[StockMachine], examples: int, steps: int, **rest: Any) -> Counter[str]:
    """Let a machine take so many steps so many times; return what it told of them."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=SLOW,
            **rest,
        ),
    )
    told: Counter[str] = machine.told
    return told
