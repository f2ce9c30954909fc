"""What the machine does with counts, while it trades."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from inventory.models import StockCount
from inventory.services.counts.closing import (
    approve_count,
    cancel_count,
    order_recount,
    submit_count,
)
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import open_count
from tests.properties import counting
from tests.properties.model import World
from tests.properties.strategies import PARTS, PLACES, WHICH


class CountRules:
    """Mixed into the machine, which has the scene, the world and `both`."""

    scene: Any
    world: World
    counts: list[StockCount]
    both: Any

    @property
    def list_cost(self) -> Decimal:
        cost: Decimal = self.scene.items[0].cost_price
        return cost

    @precondition(lambda self: any(shelf.on_hand for shelf in self.world.shelves.values()))
    @rule(place=PLACES)
    def begin_to_count(self, place):  # type: ignore[no-untyped-def]
        self.both(
            lambda: open_count(
                warehouse=self.scene.places[place],
                recount_tolerance_percent=counting.TOLERANCE_PERCENT,
                acting_user=self.scene.person,
            ),
            lambda world: counting.open_count(world, place),
            made=self.counts,
        )

    @precondition(lambda self: self.counts)
    @rule(which=WHICH, position=WHICH, off_by=st.sampled_from([0, 0, -1, 1, 5]))
    def count_nearly_right(self, which, position, off_by):  # type: ignore[no-untyped-def]
        number = which % len(self.counts)
        line = self.world.counts[number].lines[position % len(self.world.counts[number].lines)]
        shelf = self.world.shelf(line.item, self.world.counts[number].place)
        there = shelf.lots.get(line.lot, Decimal(0)) if line.lot else shelf.on_hand
        self.enter(number, position, max(there + off_by, Decimal(0)))

    @precondition(lambda self: self.counts)
    @rule(which=WHICH, position=WHICH, quantity=PARTS)
    def count_anything(self, which, position, quantity):  # type: ignore[no-untyped-def]
        self.enter(which % len(self.counts), position, quantity)

    def enter(self, number: int, position: int, quantity: Decimal) -> None:
        lines = list(self.counts[number].lines.order_by("pk"))
        index = position % len(lines)
        self.both(
            lambda: enter_counted(
                count=self.counts[number],
                entries=[Entry(line=lines[index], quantity=quantity)],
                acting_user=self.scene.person,
            ),
            lambda world: counting.enter(
                world,
                world.counts[number],
                world.counts[number].lines[index],
                quantity,
                self.list_cost,
            ),
        )

    @precondition(lambda self: self.counts)
    @rule(which=WHICH, uncounted=st.sampled_from(["", "left_out", "left_out", "zero"]))
    def hand_in(self, which, uncounted):  # type: ignore[no-untyped-def]
        number = which % len(self.counts)
        self.both(
            lambda: submit_count(
                count=self.counts[number], uncounted=uncounted, acting_user=self.scene.person
            ),
            lambda world: counting.submit(world, world.counts[number], uncounted, self.list_cost),
        )

    @precondition(lambda self: any(count.status == "submitted" for count in self.world.counts))
    @rule(which=WHICH)
    def post_differences(self, which):  # type: ignore[no-untyped-def]
        waiting = [
            number for number, count in enumerate(self.world.counts) if count.status == "submitted"
        ]
        number = waiting[which % len(waiting)]
        self.both(
            lambda: approve_count(count=self.counts[number], acting_user=self.scene.boss),
            lambda world: counting.approve(world, world.counts[number]),
        )

    @precondition(lambda self: self.counts)
    @rule(which=WHICH, step=st.sampled_from(["approve", "again", "cancel"]))
    def end_count(self, which, step):  # type: ignore[no-untyped-def]
        number = which % len(self.counts)
        count, boss = self.counts[number], self.scene.boss
        product, model = {
            "approve": (
                lambda: approve_count(count=count, acting_user=boss),
                lambda world: counting.approve(world, world.counts[number]),
            ),
            "again": (
                lambda: order_recount(count=count, note="Again", acting_user=boss),
                lambda world: counting.send_back(world.counts[number]),
            ),
            "cancel": (
                lambda: cancel_count(count=count, acting_user=boss),
                lambda world: counting.give_up(world.counts[number]),
            ),
        }[step]
        self.both(product, model)
