"""What the machine does with goods and with orders to suppliers."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from inventory.models import Lot
from inventory.services.lots import correct_expiry, set_quarantine
from inventory.services.movements import record_movement
from purchasing.services.order_lines import OrderLine as PurchaseLine
from purchasing.services.orders import create_purchase_order
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from purchasing.services.transitions import cancel_purchase_order
from tests.properties.model import World
from tests.properties.strategies import (
    COSTS,
    DAYS_LEFT,
    ITEMS,
    LOTS,
    PARTS,
    PLACES,
    QUANTITIES,
    WHICH,
)
from tests.properties.things import ZERO, Purchase, Shelf


class StockRules:
    """Mixed into the machine, which has the scene, the world and `both`."""

    scene: Any
    world: World
    purchases: list[Any]
    both: Any

    def expires(self, days: int | None) -> date | None:
        return None if days is None else self.world.today + timedelta(days=days)

    def move(
        self, kind: str, key: tuple[int, int], quantity: Decimal, lot: str, **rest: Any
    ) -> Any:
        texts = {"lot_number": lot, "expiration_date": rest.pop("expires", None)}
        return record_movement(
            variation=self.scene.items[key[0]],
            warehouse=self.scene.places[key[1]],
            movement_type=kind,
            quantity=quantity,
            texts=texts,
            acting_user=self.scene.person,
            **rest,
        )

    @rule(item=ITEMS, place=PLACES, quantity=PARTS, lot=LOTS, days=DAYS_LEFT, cost=COSTS)
    def receive(self, item, place, quantity, lot, days, cost):  # type: ignore[no-untyped-def]
        expires, key = self.expires(days), (item, place)
        self.both(
            lambda: self.move("inbound", key, quantity, lot, expires=expires, unit_cost=cost),
            lambda world: world.receive(key, quantity, lot, expires, cost),
        )

    @rule(
        item=ITEMS, place=PLACES, quantity=PARTS, lot=LOTS, days=DAYS_LEFT, cost=COSTS,
        comes=st.booleans(), ago=st.integers(1, 4),
    )  # fmt: skip
    def record_late(self, item, place, quantity, lot, days, cost, comes, ago):  # type: ignore[no-untyped-def]
        key, day = (item, place), self.world.today - timedelta(days=ago)
        then = {"occurred_at": datetime.combine(day, time(12), UTC)}
        if comes:
            expires = self.expires(days)
            self.both(
                lambda: self.move(
                    "inbound", key, quantity, lot, expires=expires, unit_cost=cost, **then
                ),
                lambda world: world.receive_late(day, key, quantity, lot, expires, cost),
            )
            return
        self.both(
            lambda: self.move("outbound", key, quantity, lot, **then),
            lambda world: world.issue_late(day, key, quantity, lot),
        )

    @rule(item=ITEMS, place=PLACES, quantity=PARTS, lot=LOTS)
    def issue(self, item, place, quantity, lot):  # type: ignore[no-untyped-def]
        key = item, place
        self.both(
            lambda: self.move("outbound", key, quantity, lot),
            lambda world: world.issue(key, quantity, lot),
        )

    @rule(
        item=ITEMS, place=PLACES, quantity=PARTS, down=st.booleans(), lot=LOTS,
        days=DAYS_LEFT, cost=COSTS,
    )  # fmt: skip
    def adjust(self, item, place, quantity, down, lot, days, cost):  # type: ignore[no-untyped-def]
        key, expires = (item, place), None if down else self.expires(days)
        signed = -quantity if down else quantity
        self.both(
            lambda: self.move("adjustment", key, signed, lot, expires=expires, unit_cost=cost),
            lambda world: world.adjust(key, signed, lot, expires, cost),
        )

    @precondition(lambda self: self.shared_shelves())
    @rule(which=WHICH, cost=COSTS)
    def damage_what_several_lines_hold(self, which, cost):  # type: ignore[no-untyped-def]
        shelf = self.shared_shelves()[which % len(self.shared_shelves())]
        key, lost = (shelf.item, shelf.place), -(max(shelf.available, ZERO) + 1)
        self.both(
            lambda: self.move("adjustment", key, lost, "", unit_cost=cost),
            lambda world: world.adjust(key, lost, "", None, cost),
        )

    def shared_shelves(self) -> list[Shelf]:
        """Return the shelves of which more than one order line holds something."""
        return [
            shelf
            for shelf in self.world.shelves.values()
            if sum(quantity > 0 for quantity in shelf.held.values()) > 1
        ]

    @precondition(lambda self: self.world.dates)
    @rule(which=WHICH, place=PLACES, quarantined=st.booleans())
    def set_aside(self, which, place, quarantined):  # type: ignore[no-untyped-def]
        item, lot = list(self.world.dates)[which % len(self.world.dates)]
        self.both(
            lambda: set_quarantine(
                lot=Lot.objects.get(variation=self.scene.items[item], lot_number=lot),
                warehouses=[self.scene.places[place]],
                quarantined=quarantined,
                reason="Because",
                acting_user=self.scene.person,
            ),
            lambda world: world.set_aside((item, place), lot, quarantined=quarantined),
        )

    @precondition(lambda self: self.world.dates)
    @rule(which=WHICH, days=st.integers(-2, 4))
    def correct_date(self, which, days):  # type: ignore[no-untyped-def]
        item, lot = list(self.world.dates)[which % len(self.world.dates)]
        expires = self.expires(days)
        self.both(
            lambda: correct_expiry(
                lot=Lot.objects.get(variation=self.scene.items[item], lot_number=lot),
                expiration_date=expires,
                acting_user=self.scene.person,
            ),
            lambda world: world.correct_date(item, lot, expires),
        )

    @rule(item=ITEMS, place=PLACES, quantity=QUANTITIES, cost=COSTS)
    def buy(self, item, place, quantity, cost):  # type: ignore[no-untyped-def]
        line = PurchaseLine(
            variation=self.scene.items[item], quantity_ordered=quantity, unit_cost=cost
        )
        self.both(
            lambda: create_purchase_order(
                supplier=self.scene.supplier,
                warehouse=self.scene.places[place],
                lines=[line],
                status="sent",
                acting_user=self.scene.person,
            ),
            lambda world: world.buy(Purchase(place, item, quantity, cost)),
            made=self.purchases,
        )

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH, quantity=QUANTITIES, lot=LOTS, days=DAYS_LEFT)
    def unload(self, which, quantity, lot, days):  # type: ignore[no-untyped-def]
        number, expires = which % len(self.purchases), self.expires(days)
        order = self.purchases[number]
        line = ReceiptLine(
            item_id=order.items.get().pk,
            quantity_accepted=quantity,
            lot_number=lot,
            expiration_date=expires,
        )
        self.both(
            lambda: receive_purchase_order(
                order=order, lines=[line], acting_user=self.scene.person
            ),
            lambda world: world.unload(world.purchases[number], quantity, lot, expires),
        )

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH)
    def call_off(self, which):  # type: ignore[no-untyped-def]
        number = which % len(self.purchases)
        self.both(
            lambda: cancel_purchase_order(
                order=self.purchases[number], acting_user=self.scene.person
            ),
            lambda world: world.call_off(world.purchases[number]),
        )
