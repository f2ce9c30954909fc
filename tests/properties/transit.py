"""What transfers do to the model's world."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tests.properties.things import ZERO, Refused, Transit


class GoodsInTransit:
    """Mixed into the world, which has shelves, postings and the ages of lots."""

    shelf: Any
    take: Any
    put: Any
    posting: Any
    age: Any
    tracked: frozenset[int]
    transits: list[Transit]

    def ship(self, item: int, source: int, wanted: Sequence[tuple[str, Decimal]]) -> None:
        """Ship so much of a lot that is named, or of those that leave by themselves."""
        here, there = self.shelf(item, source), self.shelf(item, 1 - source, make=True)
        parts: dict[str, Decimal] = {}
        with self.posting((item, source), (item, 1 - source)):
            cost = here.cost
            for named, quantity in wanted:
                if named and item not in self.tracked:
                    raise Refused("invalid")
                for lot, part in self.take(here, quantity, named).items():
                    parts[lot] = parts.get(lot, ZERO) + part
                there.incoming += quantity
        self.transits.append(Transit(item, source, parts, cost))

    def arrive(
        self, transit: Transit, well: Decimal, damaged: Decimal = ZERO, lot: str = ""
    ) -> None:
        """Put what arrived well on the shelf; what is damaged passes through it."""
        if transit.is_over:
            raise Refused("wrong_state")
        if well + damaged > transit.quantity:
            raise Refused("more_than_shipped")
        if lot and well + damaged > transit.parts.get(lot, ZERO):
            raise Refused("invalid")
        key = transit.item, 1 - transit.source
        with self.posting(key):
            for one, part in self.leaving_first(transit, well, lot):
                self.put(self.shelf(*key), one, part, transit.cost)
                transit.parts[one] -= part
            for one, part in self.leaving_first(transit, damaged, lot):
                transit.parts[one] -= part
            self.shelf(*key).incoming -= well + damaged
        transit.has_arrived = True
        transit.is_over = not transit.quantity

    def lose(self, transit: Transit) -> None:
        if transit.is_over:
            raise Refused("wrong_state")
        key = transit.item, 1 - transit.source
        with self.posting(key):
            self.shelf(*key).incoming -= transit.quantity
        transit.parts = dict.fromkeys(transit.parts, ZERO)
        transit.is_over = True

    def give_up(self, transit: Transit) -> None:
        """Close a transfer whose rest went back to the source."""
        if transit.is_over:
            raise Refused("wrong_state")
        self.take_back(transit)

    def send_back(self, transit: Transit) -> None:
        if transit.is_over or transit.has_arrived:
            raise Refused("wrong_state")
        self.take_back(transit)

    def take_back(self, transit: Transit) -> None:
        here, there = (transit.item, transit.source), (transit.item, 1 - transit.source)
        with self.posting(here, there):
            for lot, part in self.leaving_first(transit, transit.quantity):
                self.shelf(*there).incoming -= part
                self.put(self.shelf(*here), lot, part, transit.cost)
                transit.parts[lot] = ZERO
        transit.is_over = True

    def leaving_first(
        self, transit: Transit, wanted: Decimal, named: str = ""
    ) -> list[tuple[str, Decimal]]:
        chosen = []
        lots = [lot for lot in transit.parts if not named or lot == named]
        for lot in sorted(lots, key=lambda lot: self.age(transit.item, lot)):
            part = min(transit.parts[lot], wanted)
            if part:
                chosen.append((lot, part))
                wanted -= part
        return chosen
