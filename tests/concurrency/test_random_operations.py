"""Many clients do whatever comes to their mind with few balances: the ledger stays right."""

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from common.exceptions import DomainError
from inventory.models import Lot, Stock, StockCount, StockMovement, TransferRequest
from inventory.services.adjustments import (
    Correction,
    approve_adjustment,
    reject_adjustment,
    request_adjustment,
)
from inventory.services.counts.closing import approve_count, cancel_count, submit_count
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import Scope, open_count
from inventory.services.lots import correct_expiry, set_quarantine
from inventory.services.movements import record_movement
from inventory.services.transfers.receiving import cancel_transfer, receive_transfer
from inventory.services.transfers.requests import (
    WantedLine,
    approve_transfer,
    request_transfer,
)
from operations.ledger_verification import verify_ledger
from purchasing.models import PurchaseOrder
from purchasing.services.order_lines import OrderLine as PurchaseLine
from purchasing.services.orders import create_purchase_order
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from sales.models import SalesOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.returns import return_goods
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 8


class Client:
    """Does one lawful or unlawful thing after the other; a seed repeats them."""

    def __init__(self, seed, variations, warehouses, supplier, people):
        self.choose = random.Random(seed)
        self.variations, self.warehouses, self.supplier = variations, warehouses, supplier
        self.user, self.boss, self.clerk = people
        self.ended = Counter()

    def work(self, number):
        for _ in range(number):
            step = self.choose.choice(self.steps())
            try:
                step()
                self.ended["done"] += 1
            except DomainError as refusal:
                self.ended[refusal.code] += 1
        return self.ended

    def steps(self):
        return [
            self.move, self.move, self.move, self.transfer, self.order, self.fulfil, self.cancel,
            self.set_aside, self.correct_date, self.arrive, self.buy, self.unload, self.give_back,
            self.propose, self.begin_to_count, self.count_something, self.count_something,
            self.end_count,
        ]  # fmt: skip

    def quantity(self):
        return Decimal(self.choose.randint(1, 1000)) * 8 / 1000

    def move(self):
        kind = self.choose.choice(["inbound", "outbound", "adjustment"])
        record_movement(
            variation=self.choose.choice(self.variations),
            warehouse=self.choose.choice(self.warehouses),
            movement_type=kind,
            quantity=-self.quantity() if self.choose.random() < 0.4 else self.quantity(),
            texts={"lot_number": self.choose.choice(["", "A", "B", "C"])},
            acting_user=self.user,
        )

    def set_aside(self):
        lot = self.choose.choice([None, *Lot.objects.order_by("pk")])
        if lot:
            set_quarantine(
                lot=lot,
                warehouses=[self.choose.choice(self.warehouses)],
                quarantined=self.choose.random() < 0.4,
                reason="Check",
                acting_user=self.user,
            )

    def correct_date(self):
        lot = self.choose.choice([None, *Lot.objects.order_by("pk")])
        if lot:
            expires = timezone.now().date() + timedelta(days=self.choose.randint(-1, 4))
            correct_expiry(lot=lot, expiration_date=expires, acting_user=self.user)

    def transfer(self):
        source, destination = self.choose.sample(self.warehouses, 2)
        chosen = self.choose.sample(self.variations, self.choose.randint(1, 3))
        transfer = request_transfer(
            from_warehouse=source,
            to_warehouse=destination,
            lines=[WantedLine(variation=one, quantity=self.quantity()) for one in chosen],
            auto_receive=self.choose.random() < 0.5,
            acting_user=self.user,
        )
        approve_transfer(transfer=transfer, acting_user=self.boss)

    def arrive(self):
        on_the_way = TransferRequest.objects.filter(status="in_transit").order_by("-pk")[:20]
        transfer = self.choose.choice(list(on_the_way) or [None])
        if transfer:
            step = self.choose.choice([receive_transfer, cancel_transfer])
            step(transfer=transfer, acting_user=self.boss)

    def order(self):
        chosen = self.choose.sample(self.variations, self.choose.randint(1, 3))
        take_order(
            *[(variation, self.quantity()) for variation in chosen],
            warehouse=self.choose.choice(self.warehouses),
        )

    def buy(self):
        create_purchase_order(
            supplier=self.supplier,
            warehouse=self.choose.choice(self.warehouses),
            lines=[
                PurchaseLine(
                    variation=variation, quantity_ordered=self.quantity(), unit_cost=Decimal(3)
                )
                for variation in self.choose.sample(self.variations, 2)
            ],
            status="sent",
            acting_user=self.user,
        )

    def unload(self):
        orders = PurchaseOrder.objects.filter(status__in=PurchaseOrder.INCOMING).order_by("-pk")
        order = self.choose.choice(list(orders[:20]) or [None])
        if order:
            line = ReceiptLine(
                item_id=self.choose.choice(list(order.items.order_by("pk"))).pk,
                quantity_accepted=self.quantity() / 2,
                lot_number=self.choose.choice(["A", "B"]),
            )
            receive_purchase_order(order=order, lines=[line], acting_user=self.user)

    def give_back(self):
        done = SalesOrder.objects.filter(status="fulfilled").order_by("-pk")[:20]
        order = self.choose.choice(list(done) or [None])
        if order:
            disposition = self.choose.choice(["stock", "scrap"])
            line = LineRequest("line", "1", self.quantity() / 4, "unwanted", disposition)
            return_goods(order=order, lines=[line], acting_user=self.user)

    def propose(self):
        """Ask for a correction and let somebody else decide it."""
        adjustment = request_adjustment(
            warehouse=self.choose.choice(self.warehouses),
            corrections=[
                Correction(
                    variation=variation,
                    quantity=self.quantity() * self.choose.choice([-1, 1, 400]),
                    reason_code="count",
                    lot_number=self.choose.choice(["", "A", "B"]),
                )
                for variation in self.choose.sample(self.variations, 2)
            ],
            acting_user=self.clerk,
        )
        if adjustment.status == "pending":
            decide = self.choose.choice([approve_adjustment, reject_adjustment])
            decide(adjustment=adjustment, note="Seen", acting_user=self.boss)

    def begin_to_count(self):
        open_count(
            warehouse=self.choose.choice(self.warehouses),
            scope=Scope(variations=self.choose.sample(self.variations, 2)),
            recount_tolerance_percent=Decimal(100),
            acting_user=self.user,
        )

    def open_count_of(self, *statuses):
        rows = StockCount.objects.filter(status__in=statuses).order_by("-pk")[:5]
        return self.choose.choice(list(rows) or [None])

    def count_something(self):
        count = self.open_count_of("counting")
        if count:
            line = self.choose.choice(list(count.lines.order_by("pk")))
            entry = Entry(line=line, quantity=max(line.expected - self.quantity() / 8, Decimal(0)))
            enter_counted(count=count, entries=[entry], acting_user=self.user)

    def end_count(self):
        count = self.open_count_of("counting", "submitted")
        if count and count.status == "counting":
            count = submit_count(count=count, uncounted="left_out", acting_user=self.user)
        if count:
            step = self.choose.choice([approve_count, approve_count, cancel_count])
            step(count=count, acting_user=self.boss)

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
    people = [UserFactory(role=role) for role in ("admin", "admin", "staff")]
    supplier = SupplierFactory()
    tracked = ProductFactory(lot_tracking=True)
    variations = [
        *VariationFactory.create_batch(2),
        *VariationFactory.create_batch(2, product=tracked, is_default=False),
    ]
    warehouses = WarehouseFactory.create_batch(3)
    for variation in variations:
        for warehouse in warehouses:
            put_in_stock(variation, warehouse, quantity=30, lot_number="A")
    operations, rounds = count(480, full=100_000), count(2, full=20)
    ended = Counter()

    for number in range(rounds):
        clients = [
            Client(f"{number} {client}", variations, warehouses, supplier, people)
            for client in range(CLIENTS)
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
    assert StockCount.objects.filter(status="posted").exists()
    assert not Stock.objects.filter(on_hand__lt=0).exists()
