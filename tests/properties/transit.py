"""What transfers do to the model's world."""

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
    transits: list[Transit]

    def ship(self, item: int, quantity: Decimal, source: int) -> None:
        here, there = self.shelf(item, source), self.shelf(item, 1 - source, make=True)
        with self.posting((item, source), (item, 1 - source)):
            cost = here.cost
            parts = self.take(here, quantity)
            there.incoming += quantity
        self.transits.append(Transit(item, source, parts, cost))

    def arrive(self, transit: Transit, quantity: Decimal) -> None:
        if transit.is_over:
            raise Refused("wrong_state")
        if quantity > transit.quantity:
            raise Refused("more_than_shipped")
        key = transit.item, 1 - transit.source
        with self.posting(key):
            for lot, part in self.leaving_first(transit, quantity):
                self.put(self.shelf(*key), lot, part, transit.cost)
                self.shelf(*key).incoming -= part
                transit.parts[lot] -= part
        transit.has_arrived = True
        transit.is_over = not transit.quantity

    def send_back(self, transit: Transit) -> None:
        if transit.is_over or transit.has_arrived:
            raise Refused("wrong_state")
        here, there = (transit.item, transit.source), (transit.item, 1 - transit.source)
        with self.posting(here, there):
            for lot, part in self.leaving_first(transit, transit.quantity):
                self.shelf(*there).incoming -= part
                self.put(self.shelf(*here), lot, part, transit.cost)
                transit.parts[lot] = ZERO
        transit.is_over = True

    def leaving_first(self, transit: Transit, wanted: Decimal) -> list[tuple[str, Decimal]]:
        chosen = []
        for lot in sorted(transit.parts, key=lambda lot: self.age(transit.item, lot)):
            part = min(transit.parts[lot], wanted)
            if part:
                chosen.append((lot, part))
                wanted -= part
        return chosen
