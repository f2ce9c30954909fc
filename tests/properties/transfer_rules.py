"""What the machine does with transfers."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.receiving import (
    Arrival,
    cancel_transfer,
    close_transfer,
    receive_transfer,
)
from inventory.services.transfers.requests import (
    WantedLine,
    approve_transfer,
    request_transfer,
)
from tests.properties.strategies import ITEMS, LOTS, PLACES, QUANTITIES, WHICH


class TransferRules:
    """Mixed into the machine, which has the scene, the world and `both`."""

    scene: Any
    transfers: list[Any]
    both: Any

    @rule(item=ITEMS, quantity=QUANTITIES, source=PLACES, lot=LOTS, of_lot=QUANTITIES)
    def ship(self, item, quantity, source, lot, of_lot):  # type: ignore[no-untyped-def]
        """Ship a quantity, of which some is of a lot that is named."""
        transfer = request_transfer(
            from_warehouse=self.scene.places[source],
            to_warehouse=self.scene.places[1 - source],
            lines=[WantedLine(variation=self.scene.items[item], quantity=quantity)],
            acting_user=self.scene.person,
        )
        of_lot = min(of_lot, quantity) if lot else Decimal(0)
        parts = [(name, part) for name, part in ((lot, of_lot), ("", quantity - of_lot)) if part]
        key = transfer.lines.get().pk
        leaving = [Leaving(line_id=key, quantity=part, lot_number=name) for name, part in parts]
        self.both(
            lambda: approve_transfer(
                transfer=transfer, leaving=leaving, acting_user=self.scene.boss
            ),
            lambda world: world.ship(item, source, parts),
            made=self.transfers,
        )

    @precondition(lambda self: self.transfers)
    @rule(which=WHICH, quantity=QUANTITIES, damaged=st.integers(0, 2).map(Decimal), lot=LOTS)
    def arrive(self, which, quantity, damaged, lot):  # type: ignore[no-untyped-def]
        number = which % len(self.transfers)
        transfer = self.transfers[number]
        arrival = Arrival(
            line_id=transfer.lines.get().pk, received=quantity, damaged=damaged, lot_number=lot
        )
        self.both(
            lambda: receive_transfer(
                transfer=transfer, arrivals=[arrival], acting_user=self.scene.boss
            ),
            lambda world: world.arrive(world.transits[number], quantity, damaged, lot),
        )

    @precondition(lambda self: self.transfers)
    @rule(which=WHICH, lost=st.booleans())
    def close(self, which, lost):  # type: ignore[no-untyped-def]
        number = which % len(self.transfers)
        self.both(
            lambda: close_transfer(
                transfer=self.transfers[number], is_lost=lost, note="So it is",
                acting_user=self.scene.boss,
            ),
            lambda world: (world.lose if lost else world.give_up)(world.transits[number]),
        )  # fmt: skip

    @precondition(lambda self: self.transfers)
    @rule(which=WHICH)
    def send_back(self, which):  # type: ignore[no-untyped-def]
        number = which % len(self.transfers)
        self.both(
            lambda: cancel_transfer(transfer=self.transfers[number], acting_user=self.scene.boss),
            lambda world: world.send_back(world.transits[number]),
        )
