"""What counting does to the model's world, while everything else goes on."""

from datetime import date
from decimal import Decimal

from tests.properties.model import NO_LOT, World
from tests.properties.things import ZERO, Count, CountLine, Refused, Shelf

TOLERANCE_PERCENT = Decimal(60)


def open_count(world: World, place: int) -> None:
    """Count all that is on the shelves of a place and that no other open count has."""
    taken = {
        (line.item, line.lot)
        for count in world.counts if count.is_open and count.place == place
        for line in count.lines
    }  # fmt: skip
    lines = [
        CountLine(shelf.item, lot)
        for shelf in sorted(world.shelves.values(), key=lambda shelf: shelf.item)
        if shelf.place == place and shelf.on_hand
        for lot in lots_to_count(world, shelf)
        if (shelf.item, lot) not in taken
    ]
    if not lines:
        raise Refused("nothing_to_count")
    world.counts.append(Count(place, lines))


def lots_to_count(world: World, shelf: Shelf) -> list[str]:
    if shelf.item not in world.tracked:
        return [NO_LOT]
    there = [lot for lot, quantity in shelf.lots.items() if quantity]
    return sorted(there, key=lambda lot: (world.dates[shelf.item, lot] or date.max, lot))


def enter(
    world: World, count: Count, line: CountLine, quantity: Decimal, list_cost: Decimal
) -> None:
    """Compare what somebody counted with the shelf as it is at this moment."""
    if count.status != "counting":
        raise Refused("wrong_state")
    world.require_fit(line.item, quantity)
    before, is_recount = line.counted, line.needs_recount
    compare(world, count, line, quantity, list_cost)
    if is_recount:
        line.first = before
    most = line.at_scan * TOLERANCE_PERCENT / 100
    line.needs_recount = line.first is None and abs(line.difference) > most


def compare(
    world: World, count: Count, line: CountLine, quantity: Decimal, list_cost: Decimal
) -> None:
    shelf = world.shelf(line.item, count.place)
    line.counted = quantity
    line.at_scan = shelf.lots.get(line.lot, ZERO) if line.lot else shelf.on_hand
    line.cost = shelf.cost or list_cost


def submit(world: World, count: Count, uncounted: str, list_cost: Decimal) -> None:
    if count.status != "counting":
        raise Refused("wrong_state")
    missing = [line for line in count.lines if line.counted is None]
    if any(line.needs_recount for line in count.lines) or (missing and not uncounted):
        raise Refused("count_incomplete")
    if uncounted == "zero":
        for line in missing:
            compare(world, count, line, ZERO, list_cost)
    if all(line.counted is None for line in count.lines):
        raise Refused("count_incomplete")
    count.status = "submitted"


def approve(world: World, count: Count) -> None:
    """Apply the differences of the entries' moments to the shelves as they are now."""
    if count.status != "submitted":
        raise Refused("wrong_state")
    differing = [line for line in count.lines if line.difference]
    with world.posting(*[(line.item, count.place) for line in differing]):
        for line in differing:
            shelf = world.shelf(line.item, count.place)
            if line.difference > 0:
                lot = world.name_lot(line.item, line.lot, None, fresh=False)
                world.put(shelf, lot, line.difference, line.cost)
            else:
                world.take(shelf, -line.difference, line.lot, correction=True)
    count.status = "posted"


def send_back(count: Count) -> None:
    if count.status != "submitted":
        raise Refused("wrong_state")
    for line in count.lines:
        line.needs_recount = line.needs_recount or bool(line.difference)
    count.status = "counting"


def give_up(count: Count) -> None:
    if not count.is_open:
        raise Refused("wrong_state")
    count.status = "cancelled"
