"""The same operations on the product and on the model; after each, everything is compared."""

from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from common.exceptions import DomainError
from inventory.models import Lot, LotBalance, Stock, StockReservation
from inventory.services.lots import act_on_expiry, correct_expiry, set_quarantine
from inventory.services.movements import record_movement
from inventory.services.transfers.receiving import Arrival, cancel_transfer, receive_transfer
from inventory.services.transfers.requests import (
    WantedLine,
    approve_transfer,
    request_transfer,
)
from operations.ledger_verification import verify_ledger
from purchasing.services.order_lines import OrderLine as PurchaseLine
from purchasing.services.orders import create_purchase_order
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from purchasing.services.transitions import cancel_purchase_order
from sales.models import SalesOrder, SalesOrderItem
from tests.properties.count_rules import CountRules
from tests.properties.model import World
from tests.properties.sales_rules import SalesRules
from tests.properties.strategies import COSTS, DAYS_LEFT, ITEMS, LOTS, PLACES, QUANTITIES, WHICH
from tests.properties.things import ZERO, Purchase, Refused, Shelf

FIRST_DAY = date(2030, 1, 1)


class StockMachine(SalesRules, CountRules, RuleBasedStateMachine):
    """Three items (two of them go by lots) in two warehouses, worked on by one person."""

    scene: Any = None  # items, warehouses, supplier, person and clock; the test sets it
    proves_the_ledger = True

    def __init__(self) -> None:
        super().__init__()
        self.world = World(tracked=frozenset({1, 2}), today=FIRST_DAY)
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

    def both(self, product: Any, model: Any) -> bool:
        """Do it in the product and in a copy of the model; both do it, or both refuse it."""
        wanted, refusal = deepcopy(self.world), ""
        try:
            model(wanted)
        except Refused as error:
            refusal = str(error)
        answer = ""
        try:
            product()
        except DomainError as error:
            answer = error.code
            note(f"{answer}: {error.message}")
        assert answer == refusal
        if not refusal:
            self.world = wanted
        return not refusal

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

    @rule(item=ITEMS, place=PLACES, quantity=QUANTITIES, lot=LOTS, days=DAYS_LEFT, cost=COSTS)
    def receive(self, item, place, quantity, lot, days, cost):  # type: ignore[no-untyped-def]
        expires, key = self.expires(days), (item, place)
        self.both(
            lambda: self.move("inbound", key, quantity, lot, expires=expires, unit_cost=cost),
            lambda world: world.receive(key, quantity, lot, expires, cost),
        )

    @rule(item=ITEMS, place=PLACES, quantity=QUANTITIES, lot=LOTS)
    def issue(self, item, place, quantity, lot):  # type: ignore[no-untyped-def]
        key = item, place
        self.both(
            lambda: self.move("outbound", key, quantity, lot),
            lambda world: world.issue(key, quantity, lot),
        )

    @rule(
        item=ITEMS, place=PLACES, quantity=QUANTITIES, down=st.booleans(), lot=LOTS,
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

    @rule(item=ITEMS, quantity=QUANTITIES, source=PLACES)
    def ship(self, item, quantity, source):  # type: ignore[no-untyped-def]
        transfer = request_transfer(
            from_warehouse=self.scene.places[source],
            to_warehouse=self.scene.places[1 - source],
            lines=[WantedLine(variation=self.scene.items[item], quantity=quantity)],
            acting_user=self.scene.person,
        )
        if self.both(
            lambda: approve_transfer(transfer=transfer, acting_user=self.scene.boss),
            lambda world: world.ship(item, quantity, source),
        ):
            self.transfers.append(transfer)

    @precondition(lambda self: self.transfers)
    @rule(which=WHICH, quantity=QUANTITIES)
    def arrive(self, which, quantity):  # type: ignore[no-untyped-def]
        number = which % len(self.transfers)
        transfer = self.transfers[number]
        arrival = Arrival(line_id=transfer.lines.get().pk, received=quantity)
        self.both(
            lambda: receive_transfer(
                transfer=transfer, arrivals=[arrival], acting_user=self.scene.boss
            ),
            lambda world: world.arrive(world.transits[number], quantity),
        )

    @precondition(lambda self: self.transfers)
    @rule(which=WHICH)
    def send_back(self, which):  # type: ignore[no-untyped-def]
        number = which % len(self.transfers)
        self.both(
            lambda: cancel_transfer(transfer=self.transfers[number], acting_user=self.scene.boss),
            lambda world: world.send_back(world.transits[number]),
        )

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

    @rule(nightly=st.booleans())
    def next_day(self, nightly):  # type: ignore[no-untyped-def]
        self.world.today += timedelta(days=1)
        self.scene.clock(self.world.today)
        if nightly:
            self.both(act_on_expiry, World.nightly)

    @rule(item=ITEMS, place=PLACES, quantity=QUANTITIES, cost=COSTS)
    def buy(self, item, place, quantity, cost):  # type: ignore[no-untyped-def]
        line = PurchaseLine(
            variation=self.scene.items[item], quantity_ordered=quantity, unit_cost=cost
        )
        order = create_purchase_order(
            supplier=self.scene.supplier,
            warehouse=self.scene.places[place],
            lines=[line],
            status="sent",
            acting_user=self.scene.person,
        )
        self.purchases.append(order)
        self.world.buy(Purchase(place, item, quantity, cost))

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

    @invariant()
    def figures_are_the_models(self) -> None:
        items = {item.pk: number for number, item in enumerate(self.scene.items)}
        places = {place.pk: number for number, place in enumerate(self.scene.places)}
        found = {
            (items[row.variation_id], places[row.warehouse_id]): (
                row.on_hand, row.reserved, row.unavailable, row.incoming, row.average_cost,
            )
            for row in Stock.objects.all()
        }  # fmt: skip
        assert found == {
            key: (shelf.on_hand, shelf.reserved, shelf.unavailable, shelf.incoming, shelf.cost)
            for key, shelf in self.world.shelves.items()
        }

    @invariant()
    def lots_are_the_models(self) -> None:
        items = {item.pk: number for number, item in enumerate(self.scene.items)}
        places = {place.pk: number for number, place in enumerate(self.scene.places)}
        rows = LotBalance.objects.select_related("lot", "stock")
        found = {
            (items[row.stock.variation_id], places[row.stock.warehouse_id], row.lot.lot_number): (
                row.on_hand, row.quarantined, row.expired,
            )
            for row in rows if row.on_hand
        }  # fmt: skip
        assert found == {
            (*key, lot): (quantity, lot in shelf.quarantined, lot in shelf.expired)
            for key, shelf in self.world.shelves.items() if key[0] in self.world.tracked
            for lot, quantity in shelf.lots.items() if quantity
        }  # fmt: skip

    @invariant()
    def orders_are_the_models(self) -> None:
        held = StockReservation.objects.filter(quantity__gt=0)
        assert dict(held.values_list("reference_id", "quantity")) == {
            line: quantity
            for shelf in self.world.shelves.values()
            for line, quantity in shelf.held.items() if quantity
        }  # fmt: skip
        rows = SalesOrderItem.objects.values_list(
            "pk", "quantity_fulfilled", "quantity_cancelled", "quantity_returned",
            "order__status",
        )  # fmt: skip
        assert {key: rest for key, *rest in rows} == {
            line.key: [line.delivered, line.cancelled, line.returned, order.status]
            for order in self.world.orders for line in order.lines
        }  # fmt: skip

    @invariant()
    def ledger_is_sound(self) -> None:
        if self.proves_the_ledger:
            assert verify_ledger() == []
