"""Reading what finished transactions wrote: nothing is passed over, whatever commits when."""

import threading

import pytest
from django.db import connection, transaction

from inventory.models import Stock, StockMovement
from notifications.models import Notification
from notifications.outbox import tell_in_app
from operations.live.audience import Audience, read_standing
from operations.live.events import read_horizon, read_news
from operations.live.position import Position
from tests.factories.alerts import AlertFactory
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory

pytestmark = pytest.mark.quiet_cluster


@pytest.fixture
def warehouse():
    return WarehouseFactory()


def now():
    return Position(read_horizon().final)


class LateWriter(threading.Thread):
    """Writes a movement first, and commits it last."""

    def __init__(self, variation, warehouse):
        super().__init__()
        self.variation, self.warehouse = variation, warehouse
        self.has_written, self.may_commit = threading.Event(), threading.Event()
        self.start()
        assert self.has_written.wait(20)

    def run(self):
        with transaction.atomic():
            put_in_stock(self.variation, self.warehouse, quantity=1)
            self.has_written.set()
            assert self.may_commit.wait(20)
        connection.close()

    def commit(self):
        self.may_commit.set()
        self.join(20)


def quantities(news):
    facts = [event.text.decode().partition('"quantity":')[2] for event in news.events]
    return [int(text.partition(",")[0]) for text in facts]


@pytest.mark.django_db(transaction=True)
def test_movement_that_commits_late_is_not_passed_over(warehouse):
    first, second = VariationFactory.create_batch(2)
    start = now()
    late = LateWriter(first, warehouse)
    put_in_stock(second, warehouse, quantity=2)

    before = read_news(start)
    late.commit()
    after = read_news(before.position)

    assert quantities(before) == []
    assert quantities(after) == [1, 2]
    assert quantities(read_news(after.position)) == []


@pytest.mark.django_db(transaction=True)
def test_control_who_goes_by_keys_passes_it_over(warehouse):
    first, second = VariationFactory.create_batch(2)
    late = LateWriter(first, warehouse)
    put_in_stock(second, warehouse, quantity=2)

    seen = list(StockMovement.objects.order_by("pk").values_list("pk", "quantity"))
    late.commit()
    seen += StockMovement.objects.filter(pk__gt=seen[-1][0]).values_list("pk", "quantity")

    assert [quantity for _, quantity in seen] == [2]
    assert StockMovement.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_reading_in_pieces_gives_each_event_once(warehouse):
    person, variation = UserFactory(), VariationFactory()
    start = now()
    for number in range(1, 6):
        with transaction.atomic():
            put_in_stock(variation, warehouse, quantity=number)
            tell_in_app([Notification(recipient=person, topic="t", title="T") for _ in range(2)])
    whole = read_news(start).events

    pieces, position, more = [], start, True
    while more:
        news = read_news(position, limit=2)
        pieces += news.events
        position, more = news.position, news.more

    assert len(whole) == 15
    assert pieces == whole


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [1, 3])
def test_reading_takes_as_many_statements_for_more(number, warehouse, django_assert_num_queries):
    person, variation = UserFactory(), VariationFactory()
    MembershipFactory(user=person, warehouse=warehouse)
    start = now()
    for _ in range(number):
        put_in_stock(variation, warehouse, quantity=1)
        AlertFactory(warehouse=warehouse)
        tell_in_app([Notification(recipient=person, topic="t", title="T")])

    # The horizon, movements, the log, alerts, messages.
    with django_assert_num_queries(5):
        news = read_news(start)
    with django_assert_num_queries(1):
        nothing = read_news(news.position)

    assert sorted(event.topic for event in news.events) == sorted(
        ["stock", "alerts", "notifications"] * number
    )
    assert nothing.events == []


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_rights_of_all_listeners_take_four_statements(number, django_assert_num_queries):
    audiences = [audience_of(UserFactory(role="staff")) for _ in range(number)]

    with django_assert_num_queries(4):
        standing = read_standing(audiences)

    assert standing.rights == {one.user_id: ("staff",) for one in audiences}


def audience_of(person):
    return Audience(
        user_id=person.pk,
        rights=(person.role,),
        sign_in_id=person.pk,
        token_id=person.pk,
        expires_at=None,
        warehouses=frozenset(),
        asked_for=None,
        topics=frozenset({"stock"}),
    )


@pytest.mark.django_db(transaction=True)
def test_rows_of_a_restored_back_up_are_no_news(warehouse):
    """They have the transaction numbers of another server, which come up again here."""
    put_in_stock(None, warehouse, quantity=1)
    stock = Stock.objects.get()
    start = now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO inventory_stockmovement (stock_id, variation_id, warehouse_id,
                movement_type, quantity, stock_before, stock_after, unit_cost, total_value,
                reason_code, reason_description, reference_type, reference_code, bin_location,
                lot_number, occurred_at, recorded_at, notes)
            VALUES (%s, %s, %s, 'inbound', 1, 1, 2, 1, 1, '', '', '', '', '', '',
                now() - interval '3 days', now() - interval '3 days', '')""",
            [stock.pk, stock.variation_id, warehouse.pk],
        )

    assert read_news(start).events == []
