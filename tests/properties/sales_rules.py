"""What the machine does with sales orders."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from sales.models import SalesOrder, SalesOrderItem
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.order_rows import OrderLine
from sales.services.orders import create_sales_order
from sales.services.reservation_expiry import release_expired_reservations
from sales.services.reservations import allocate_stock, reserve_sales_order
from sales.services.returns import return_goods
from tests.properties.model import World
from tests.properties.strategies import COSTS, ITEMS, LOTS, PLACES, QUANTITIES, WHICH
from tests.properties.things import ZERO, Line, Order


class SalesRules:
    """Mixed into the machine, which has the scene, the world and `both`."""

    scene: Any
    world: World
    orders: list[SalesOrder]
    both: Any
    move: Any

    @rule(
        place=PLACES,
        wanted=st.lists(st.tuples(ITEMS, QUANTITIES), min_size=1, max_size=3),
        priority=st.integers(1, 4),
    )
    def take_order(self, place, wanted, priority):  # type: ignore[no-untyped-def]
        lines = [
            OrderLine(self.scene.items[item].pk, quantity, Decimal(9)) for item, quantity in wanted
        ]
        keys: list[int] = []

        def create() -> SalesOrder:
            order = SalesOrder(warehouse=self.scene.places[place], priority=priority)
            created = create_sales_order(order=order, lines=lines, acting_user=self.scene.person)
            rows = SalesOrderItem.objects.filter(order=created).order_by("position")
            keys[:] = [created.pk, *rows.values_list("pk", flat=True)]
            return created

        def take(world: World) -> None:
            ordered = [
                Line(key, item, quantity)
                for key, (item, quantity) in zip(keys[1:], wanted, strict=True)
            ]
            world.take_order(Order(keys[0], place, ordered, priority=priority))

        self.both(create, take, made=self.orders)

    @precondition(lambda self: self.orders)
    @rule(which=WHICH)
    def fulfil_all(self, which):  # type: ignore[no-untyped-def]
        number = which % len(self.orders)
        self.both(
            lambda: fulfil_sales_order(order=self.orders[number], acting_user=self.scene.person),
            lambda world: world.fulfil(
                world.orders[number],
                [
                    (line, line.outstanding, "")
                    for line in world.orders[number].lines
                    if line.outstanding
                ],
            ),
        )

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, position=WHICH, quantity=QUANTITIES, lot=LOTS, away=st.none() | QUANTITIES)
    def fulfil_part(self, which, position, quantity, lot, away):  # type: ignore[no-untyped-def]
        number = which % len(self.orders)
        order = self.world.orders[number]
        index, other = position % len(order.lines), 1 - order.place
        requests = [LineRequest("line", str(index + 1), quantity, lot_number=lot)]
        legs: list[tuple[Any, ...]] = [(quantity, lot)]
        if away is not None:
            place = self.scene.places[other]
            requests.append(LineRequest("line", str(index + 1), away, warehouse=place))
            legs.append((away, "", other))
        self.both(
            lambda: fulfil_sales_order(
                order=self.orders[number], lines=requests, acting_user=self.scene.person
            ),
            lambda world: world.fulfil(
                world.orders[number],
                [(world.orders[number].lines[index], *leg) for leg in legs],
            ),
        )

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, position=WHICH, part=st.none() | QUANTITIES)
    def cancel(self, which, position, part):  # type: ignore[no-untyped-def]
        number = which % len(self.orders)
        index = position % len(self.world.orders[number].lines)
        requests = None if part is None else [LineRequest("line", str(index + 1), part)]
        self.both(
            lambda: cancel_sales_order(
                order=self.orders[number], lines=requests, acting_user=self.scene.person
            ),
            lambda world: world.cancel(
                world.orders[number],
                [
                    (line, line.outstanding if part is None else part)
                    for line in world.orders[number].lines
                    if part is None or line is world.orders[number].lines[index]
                ],
            ),
        )

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, ends=st.booleans())
    def lapse_or_reserve(self, which, ends):  # type: ignore[no-untyped-def]
        number = which % len(self.orders)
        if not ends:
            self.both(
                lambda: reserve_sales_order(
                    order=self.orders[number], acting_user=self.scene.person
                ),
                lambda world: world.reserve(world.orders[number]),
            )
            return
        order = SalesOrder.objects.filter(pk=self.orders[number].pk)
        order.update(reserved_until=timezone.now())
        self.both(release_expired_reservations, lambda world: world.lapse(world.orders[number]))
        order.update(reserved_until=None)

    @precondition(lambda self: self.contested())
    @rule(which=WHICH, cost=COSTS)
    def receive_what_several_wait_for(self, which, cost):  # type: ignore[no-untyped-def]
        key = self.contested()[which % len(self.contested())]
        quantity = max(-self.world.shelf(*key).available, ZERO) + 1
        self.both(
            lambda: self.move("inbound", key, quantity, "", unit_cost=cost),
            lambda world: world.receive(key, quantity, "", None, cost),
        )

    def contested(self) -> list[tuple[int, int]]:
        """Return where orders of different urgency wait for the same goods."""
        return [
            key
            for key, shelf in self.world.shelves.items()
            if len({order.priority for _, order in self.world.waiting(shelf)}) > 1
        ]

    @precondition(lambda self: self.orders)
    @rule(which=WHICH)
    def allocate(self, which):  # type: ignore[no-untyped-def]
        number = which % len(self.orders)
        self.both(
            lambda: allocate_stock(order=self.orders[number], acting_user=self.scene.person),
            lambda world: world.allocate(world.orders[number]),
        )

    @precondition(
        lambda self: any(line.delivered for order in self.world.orders for line in order.lines)
    )
    @rule(which=WHICH, quantity=QUANTITIES, lot=LOTS, scrap=st.booleans())
    def give_back(self, which, quantity, lot, scrap):  # type: ignore[no-untyped-def]
        delivered = [
            (number, index)
            for number, order in enumerate(self.world.orders)
            for index, line in enumerate(order.lines)
            if line.delivered
        ]
        number, index = delivered[which % len(delivered)]
        disposition = "scrap" if scrap else "stock"
        request = LineRequest("line", str(index + 1), quantity, "unwanted", disposition, lot)
        self.both(
            lambda: return_goods(
                order=self.orders[number], lines=[request], acting_user=self.scene.person
            ),
            lambda world: world.give_back(
                world.orders[number], world.orders[number].lines[index], quantity, lot, scrap=scrap
            ),
        )
