"""Suppliers measured: a hand-computed example, and what a measurement leaves behind."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import AuditEntry
from purchasing.measuring import figures_between, figures_now
from purchasing.services import measuring
from purchasing.services.measuring import measure_suppliers
from purchasing.services.returns import ReturnLine, return_to_supplier
from purchasing.services.transitions import cancel_purchase_order, send_purchase_order
from suppliers.models import SupplierPerformance, SupplierStanding
from suppliers.queries import UNMEASURED
from tests.factories.measured import MEASURED_AT, Buyer, at, example
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory

# SUPA, January. Orders: seven but the cancelled one and the draft = 6; value 250 + 400 + 200 + 60
# + 10 + 30 = 950. The line of 30.00 is neither due nor complete: 6 lines are judged.
#   on time: 100/100, 10/10, 30/40 = .75, 40/50 = .8, 0/20, 11/10 counts as 1
#            (1 + 1 + .75 + .8 + 0 + 1) / 6 = 4.55 / 6 = 75.8333 %
#   fulfilled: 1, 1, 1, 1, 0, 1 = 5/6 = 83.3333 %
#   quality, of five lines of which something came: 1, 1, 1, 50/60, 1 = 4.8333 / 5 = 96.6667 %
#            shown as 1 + 4 × .966667 = 4.8667
#   lead time: 7, 7, (30 × 10 + 10 × 20) / 40 = 12.5, (40 × 4 + 10 × 14) / 50 = 6, 8
#            mean 40.5 / 5 = 8.1; squares of the differences 1.21 + 1.21 + 19.36 + 4.41 + .01 = 26.2
#            spread = root of 26.2 / 4 = 6.55 = 2.5593
#   reliability: .5 × 75.8333 + .3 × 83.3333 + .2 × 96.6667 = 37.9167 + 25 + 19.3333 = 82.25
JANUARY_A = {
    "on_time_delivery_rate": Decimal("75.83"),
    "order_fulfillment_rate": Decimal("83.33"),
    "quality_score": Decimal("4.87"),
    "return_rate": Decimal("0.00"),
    "average_lead_time_days": Decimal("8.10"),
    "lead_time_spread_days": Decimal("2.56"),
    "reliability_score": Decimal("82.25"),
    "judged_lines": 6,
    "total_orders_in_period": 6,
    "total_value_in_period": Decimal("950.00"),
    "communication_score": None,
    "notes": "",
}
# SUPB, February. Two orders; 20.00 EUR, and one in dollars that no rate turns into euros.
#   on time: 0/8, 4/5 → (0 + .8) / 2 = 40 %; fulfilled: 1, .8 → 90 %; quality 1, 1 → 5
#   lead time: 11 and 5 → mean 8, spread root of (9 + 9) / 1 = 4.2426
#   reliability: .5 × 40 + .3 × 90 + .2 × 100 = 67
FEBRUARY_B = {
    "on_time_delivery_rate": Decimal("40.00"),
    "order_fulfillment_rate": Decimal("90.00"),
    "quality_score": Decimal("5.00"),
    "return_rate": Decimal("0.00"),
    "average_lead_time_days": Decimal("8.00"),
    "lead_time_spread_days": Decimal("4.24"),
    "reliability_score": Decimal("67.00"),
    "judged_lines": 2,
    "total_orders_in_period": 2,
    "total_value_in_period": Decimal("20.00"),
    "communication_score": None,
    "notes": "Not in the value: 1 orders in another currency than EUR.",
}
# SUPB, March: one line, overdue, of which nothing came.
MARCH_B = {
    "on_time_delivery_rate": Decimal("0.00"),
    "order_fulfillment_rate": Decimal("0.00"),
    "quality_score": None,
    "return_rate": None,
    "average_lead_time_days": None,
    "lead_time_spread_days": None,
    "reliability_score": Decimal("0.00"),
    "judged_lines": 1,
    "total_orders_in_period": 1,
    "total_value_in_period": Decimal("2.00"),
    "communication_score": None,
    "notes": "",
}


def months():
    rows = SupplierPerformance.objects.order_by("supplier__code", "evaluation_period_start")
    return {
        (row["supplier__code"], row["evaluation_period_start"]): row
        for row in rows.values("supplier__code", "evaluation_period_start", *JANUARY_A)
    }


@pytest.mark.django_db
def test_figures_are_those_computed_by_hand():
    example()

    assert measure_suppliers(at=MEASURED_AT) == 3

    found = months()
    expected = {
        ("SUPA", date(2025, 1, 1)): JANUARY_A,
        ("SUPB", date(2025, 2, 1)): FEBRUARY_B,
        ("SUPB", date(2025, 3, 1)): MARCH_B,
    }
    assert found == {
        key: {"supplier__code": key[0], "evaluation_period_start": key[1], **figures}
        for key, figures in expected.items()
    }
    january = SupplierPerformance.objects.get(supplier__code="SUPA")
    assert january.evaluation_period_end == date(2025, 1, 31)
    assert january.performance_record_id == f"{january.supplier_id}-2025-01"


@pytest.mark.django_db
def test_standing_is_of_a_year_and_counts_all_orders():
    first, second = example()
    Buyer(second).order(datetime(2023, 5, 1, tzinfo=UTC), datetime(2023, 5, 9, tzinfo=UTC), (1, 1))

    measure_suppliers(at=MEASURED_AT)

    one = SupplierStanding.objects.get(supplier=first)
    assert (one.on_time_delivery_rate, one.reliability_score) == (
        Decimal("75.83"),
        Decimal("82.25"),
    )
    assert (one.total_orders, one.last_order_date) == (6, at(1, 28, 8))
    # SUPB over the year: on time (0 + .8 + 0) / 3 = 26.67; fulfilled (1 + .8 + 0) / 3 = 60.
    two = SupplierStanding.objects.get(supplier=second)
    assert (two.on_time_delivery_rate, two.order_fulfillment_rate) == (
        Decimal("26.67"),
        Decimal("60.00"),
    )
    assert (two.total_orders, two.last_order_date) == (4, at(3, 1))
    assert (two.evaluation_period_start, two.evaluation_period_end) == (
        date(2024, 3, 31),
        date(2025, 3, 31),
    )


@pytest.mark.django_db
def test_figures_of_a_past_day_know_nothing_of_what_came_later():
    first, _ = example()

    figures = figures_between([first.pk], at(1, 1), at(2, 1), at=at(1, 21))[first.pk]

    # Known on 21 January: 110 of the first order, 30 of 40 of the second, due by then. Of the third
    # 40 of 50 with 10 rejected, not due yet: its quality counts, 40/50.
    assert figures.judged_lines == 3
    assert figures.on_time_delivery_rate == Decimal("91.67")  # (1 + 1 + .75) / 3
    assert figures.quality_score == Decimal("4.80")  # 1 + 4 × (1 + 1 + 1 + .8) / 4
    assert figures.average_lead_time_days == Decimal("7.00")  # (7 + 7 + 10 + 4) / 4


@pytest.mark.django_db
def test_goods_that_were_all_rejected_count_against_quality_even_if_the_order_is_cancelled():
    buyer = Buyer(SupplierFactory())
    order = buyer.order(at(1, 5), at(1, 15), (10, 1))
    buyer.receive(order, at(1, 9), 0, 10)
    cancel_purchase_order(order=order, acting_user=buyer.user)

    figures = figures_between([buyer.supplier.pk], at(1, 1), at(2, 1))[buyer.supplier.pk]

    assert figures.quality_score == Decimal("1.00")
    assert (figures.total_orders, figures.judged_lines) == (0, 0)
    assert (figures.on_time_delivery_rate, figures.reliability_score) == (None, None)


@pytest.mark.django_db
def test_goods_that_went_back_as_damaged_count_by_line():
    buyer = Buyer(SupplierFactory())
    order = buyer.order(at(1, 5), at(1, 15), (10, 1), (4, 1), (6, 1))
    for line, quantity in enumerate((10, 4)):
        buyer.receive(order, at(1, 9), quantity, line=line)
    items = list(order.items.all())

    def send_back(day, item, quantity, reason):
        return_to_supplier(
            order=order,
            lines=[ReturnLine(item_id=item.pk, quantity=Decimal(quantity), reason=reason)],
            occurred_at=at(1, day),
            acting_user=buyer.user,
        )

    send_back(10, items[0], 2, "damaged")
    send_back(11, items[0], 1, "defective")
    send_back(11, items[0], 3, "excess")
    send_back(20, items[1], 1, "damaged")
    early, late = (
        figures_between([buyer.supplier.pk], at(1, 1), at(2, 1), at=moment)[buyer.supplier.pk]
        for moment in (at(1, 15), at(1, 31))
    )

    # (3/10 + 0/4) / 2; then (3/10 + 1/4) / 2. Of the third line nothing came.
    assert early.return_rate == Decimal("15.00")
    assert late.return_rate == Decimal("27.50")


@pytest.mark.django_db
def test_live_figures_equal_the_standing():
    supplier = SupplierFactory()
    buyer = Buyer(supplier)
    ordered = timezone.now() - timedelta(days=20)
    order = buyer.order(ordered, ordered + timedelta(days=7), (10, "2.5"))
    buyer.receive(order, ordered + timedelta(days=4), 6)
    idle = SupplierFactory()

    measure_suppliers()

    live = figures_now([supplier.pk, idle.pk])
    standing = SupplierStanding.objects.get()
    assert idle.pk not in live
    assert live[supplier.pk].on_time_delivery_rate == Decimal("60.00")
    for name in [*measuring.RATES, "judged_lines", "total_orders", "last_order_date"]:
        assert getattr(standing, name) == getattr(live[supplier.pk], name), name
    assert live[supplier.pk].total_value == Decimal("25.00")


@pytest.mark.django_db
def test_measuring_again_changes_nothing_and_leaves_no_trail():
    example()
    measure_suppliers(at=MEASURED_AT)
    before = list(SupplierPerformance.objects.order_by("pk").values())
    entries = AuditEntry.objects.count()

    assert measure_suppliers(at=MEASURED_AT) == 0

    assert list(SupplierPerformance.objects.order_by("pk").values()) == before
    assert AuditEntry.objects.count() == entries


@pytest.mark.django_db
def test_a_later_receipt_changes_its_own_month_alone():
    first, second = example()
    measure_suppliers(at=MEASURED_AT)
    buyer = Buyer(second)
    buyer.user = UserFactory(role="manager")
    order = second.purchase_orders.get(order_date=at(3, 1))
    buyer.receive(order, at(3, 31), 2)

    assert measure_suppliers(at=MEASURED_AT) == 1

    march = SupplierPerformance.objects.get(supplier=second, evaluation_period_start="2025-03-01")
    assert (march.on_time_delivery_rate, march.order_fulfillment_rate) == (0, 100)
    assert march.reliability_score == Decimal("50.00")  # .3 × 100 + .2 × 100
    assert months()["SUPA", date(2025, 1, 1)]["on_time_delivery_rate"] == Decimal("75.83")


@pytest.mark.django_db
def test_a_month_without_orders_any_more_goes_and_earlier_ones_stay():
    _, second = example()
    measure_suppliers(at=MEASURED_AT)
    for order in second.purchase_orders.filter(order_date__gte=at(3, 1)):
        cancel_purchase_order(order=order, acting_user=UserFactory(role="manager"))

    assert measure_suppliers(since=date(2025, 2, 20), at=MEASURED_AT) == 1

    assert [month for _, month in months()] == [date(2025, 1, 1), date(2025, 2, 1)]


@pytest.mark.django_db
def test_communication_is_noted_in_the_month_in_which_it_was_judged():
    first, _ = example()
    Buyer(first).order(at(3, 4), at(4, 4), (1, 1))
    measure_suppliers(at=MEASURED_AT)
    first.communication_score = None
    first.save(update_fields=["communication_score"])

    measure_suppliers(at=MEASURED_AT)

    found = months()
    assert found["SUPA", date(2025, 3, 1)]["communication_score"] == Decimal("4.00")
    assert found["SUPA", date(2025, 1, 1)]["communication_score"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("suppliers", [1, 3])
def test_number_of_statements_does_not_depend_on_how_much_there_is(suppliers):
    for _ in range(suppliers):
        buyer = Buyer(SupplierFactory())
        for _ in range(suppliers):
            buyer.order(at(2, 1), at(2, 5), (1, 1), (2, 2))

    with CaptureQueriesContext(connection) as queries:
        measure_suppliers(at=MEASURED_AT)

    # Savepoint, time-out, lock, months, standings, release.
    assert len(queries) == 6


@pytest.mark.django_db
def test_an_order_of_many_lines_in_many_lots_counts_once_a_line():
    buyer = Buyer(SupplierFactory())
    order = buyer.order(at(1, 1), at(1, 10), (10, 1), (10, 1))
    for _ in range(5):
        buyer.receive(order, at(1, 5), 2)
    buyer.receive(order, at(1, 20), 10, line=1)

    figures = figures_between([buyer.supplier.pk], at(1, 1), at(2, 1))[buyer.supplier.pk]

    assert figures.on_time_delivery_rate == Decimal("50.00")


@pytest.mark.django_db
def test_a_draft_alone_is_nothing_to_measure():
    buyer = Buyer(SupplierFactory())
    order = buyer.order(at(1, 1), at(1, 10), (10, 1), status="draft")

    assert measure_suppliers(at=MEASURED_AT) == 0
    assert figures_now([buyer.supplier.pk]) == {}
    assert UNMEASURED.total_orders == 0
    assert not SupplierStanding.objects.exists()

    send_purchase_order(order=order, acting_user=buyer.user)
    assert measure_suppliers(at=MEASURED_AT) == 1


@pytest.mark.django_db
def test_command_measures_and_refuses_what_is_no_date(capsys):
    buyer = Buyer(SupplierFactory())
    buyer.order(datetime(2020, 5, 1, tzinfo=UTC), datetime(2020, 5, 9, tzinfo=UTC), (1, 1))

    call_command("measure_suppliers")
    assert capsys.readouterr().out == "Suppliers are measured; 0 months changed.\n"
    call_command("measure_suppliers", "--since", "2020-01-31")
    assert capsys.readouterr().out == "Suppliers are measured; 1 months changed.\n"
    with pytest.raises(CommandError, match="no date"):
        call_command("measure_suppliers", "--since", "yesterday")
