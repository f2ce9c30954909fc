"""Many clients do whatever comes to their mind with few balances: the ledger stays right."""

import random
from collections import Counter
from decimal import Decimal
from functools import partial

import pytest

from common.exceptions import DomainError
from inventory.models import Stock, StockMovement
from inventory.services.movements import record_movement, transfer_stock
from operations.ledger_verification import verify_ledger
from sales.models import SalesOrder
from sales.services.fulfilment import fulfil_sales_order
from sales.services.orders import cancel_sales_order
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 8


class Client:
    """Does one lawful or unlawful thing after the other; a seed repeats them."""

    def __init__(self, seed, variations, warehouses, user):
        self.choose = random.Random(seed)
        self.variations, self.warehouses, self.user = variations, warehouses, user
        self.ended = Counter()

    def work(self, number):
        for _ in range(number):
            step = self.choose.choice(
                [self.move, self.move, self.transfer, self.order, self.fulfil, self.cancel]
            )
            try:
                step()
                self.ended["done"] += 1
            except DomainError as refusal:
                self.ended[refusal.code] += 1
        return self.ended

    def quantity(self):
        return Decimal(self.choose.randint(1, 8000)) / 1000

    def move(self):
        kind = self.choose.choice(["inbound", "outbound", "adjustment"])
        record_movement(
            variation=self.choose.choice(self.variations),
            warehouse=self.choose.choice(self.warehouses),
            movement_type=kind,
            quantity=-self.quantity() if self.choose.random() < 0.4 else self.quantity(),
            acting_user=self.user,
        )

    def transfer(self):
        source, destination = self.choose.sample(self.warehouses, 2)
        chosen = self.choose.sample(self.variations, self.choose.randint(1, 3))
        transfer_stock(
            lines=[(variation, self.quantity()) for variation in chosen],
            from_warehouse=source,
            to_warehouse=destination,
            acting_user=self.user,
        )

    def order(self):
        chosen = self.choose.sample(self.variations, self.choose.randint(1, 3))
        take_order(
            *[(variation, self.quantity()) for variation in chosen],
            warehouse=self.choose.choice(self.warehouses),
        )

    def open_order(self):
        rows = SalesOrder.objects.filter(status="pending").order_by("-pk")[:20]
        return self.choose.choice(list(rows) or [None])

    def fulfil(self):
        order = self.open_order()
        if order:
            fulfil_sales_order(order=order, acting_user=self.user)

    def cancel(self):
        order = self.open_order()
        if order:
            cancel_sales_order(order=order, acting_user=self.user)


def test_whatever_eight_clients_do_the_ledger_stays_right(count):
    variations, user = VariationFactory.create_batch(4), UserFactory(role="manager")
    warehouses = WarehouseFactory.create_batch(3)
    for variation in variations:
        for warehouse in warehouses:
            put_in_stock(variation, warehouse, quantity=30)
    operations, rounds = count(320, full=100_000), count(2, full=20)
    ended = Counter()

    for number in range(rounds):
        clients = [
            Client(f"{number} {client}", variations, warehouses, user) for client in range(CLIENTS)
        ]
        outcomes = run_at_once(
            *[partial(client.work, operations // rounds // CLIENTS) for client in clients]
        )
        assert [outcome for outcome in outcomes if not isinstance(outcome, Counter)] == []
        ended += sum(outcomes, Counter())
        assert verify_ledger() == []

    assert ended.total() == operations
    assert ended["done"] > operations // 4
    assert ended["insufficient_stock"] > 0
    assert StockMovement.objects.count() > operations // 4
    assert not Stock.objects.filter(on_hand__lt=0).exists()
