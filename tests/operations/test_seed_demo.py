from collections import Counter
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory.models import StockMovement
from operations.demo.company import LOCK, Wish, plan, seed_company
from operations.demo.partners import SUPPLIERS
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from users.models import User
from warehouses.models import Warehouse

LAST_DAY = date(2026, 6, 30)


def nothing_is_there() -> bool:
    return not (
        User.objects.exists() or Warehouse.objects.exists() or StockMovement.objects.exists()
    )


def live(days: int, seed: int, orders_per_day: float = 12):
    first_day = LAST_DAY - timedelta(days=days - 1)
    wish = Wish(days=days, orders_per_day=orders_per_day, seed=seed)
    simulation = plan(wish, first_day, LAST_DAY)
    return simulation, list(simulation.run(first_day, LAST_DAY))


@pytest.mark.django_db
def test_seed_demo_is_refused_outside_a_demo(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="only where DEMO=true"):
        call_command("seed_demo", "--days", "30")
    assert nothing_is_there()


@pytest.mark.django_db
def test_seed_demo_is_refused_where_a_company_is(settings):
    settings.DEMO = True
    WarehouseFactory()
    UserFactory(username="manager")
    with pytest.raises(CommandError, match="holds warehouses, the user manager already"):
        call_command("seed_demo", "--days", "30")
    assert Warehouse.objects.count() == 1
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "options", [("--days", "29"), ("--days", "1831"), ("--orders-per-day", "0.5")]
)
def test_seed_demo_names_the_range_of_an_option(settings, options):
    settings.DEMO = True
    with pytest.raises(CommandError, match=f"{options[0]}: choose "):
        call_command("seed_demo", *options)
    assert nothing_is_there()


@pytest.mark.django_db
def test_seed_demo_broken_off_leaves_nothing():
    def break_off(line: str) -> None:
        if "orders with" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed_company(Wish(days=30, orders_per_day=2, seed=1), break_off)
    assert nothing_is_there()


@pytest.mark.django_db
def test_seed_demo_twice_at_once_is_refused(settings):
    settings.DEMO = True
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        with pytest.raises(CommandError, match="Another process is making the demo company"):
            call_command("seed_demo", "--days", "30")
    finally:
        other.close()
    assert nothing_is_there()


def test_a_year_has_season_slow_movers_late_and_careless_suppliers():
    simulation, days = live(365, seed=1)
    lines = [
        (day.day, simulation.items[line.item])
        for day in days
        for order in day.delivered
        for line in order.lines
    ]
    assert 8_000 <= len(lines) <= 12_000
    months = Counter((item.product.line.season, day.month) for day, item in lines)
    assert months["garden", 5] > 4 * months["garden", 12]
    assert months["winter", 12] > 4 * months["winter", 7]
    weekdays = Counter(day.weekday() for day, _ in lines)
    assert weekdays[0] > 1.4 * weekdays[6]
    sold = Counter(item.number for _, item in lines)
    slow = [item for item in simulation.items if item.is_slow]
    assert len(slow) >= 10
    assert max(sold[item.number] for item in slow) < 12
    late, arrived, with_rejects = Counter(), Counter(), Counter()
    for arrival in (arrival for day in days for arrival in day.arrivals):
        supplier = SUPPLIERS[arrival.purchase.supplier].code
        arrived[supplier] += 1
        with_rejects[supplier] += arrival.has_rejects
        late[supplier] += arrival.arrived_at.date() > arrival.purchase.expected_on
    assert late["SUP003"] > 0.5 * arrived["SUP003"]
    assert late["SUP004"] < 0.15 * arrived["SUP004"]
    assert with_rejects["SUP005"] > 0.4 * arrived["SUP005"]
    assert with_rejects["SUP004"] < 0.2 * arrived["SUP004"]


def test_the_same_seed_lives_the_same_history():
    first, second, other = (repr(live(30, seed=seed)[1]) for seed in (5, 5, 6))
    assert first == second
    assert first != other


@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.parametrize("orders_per_day", [1, 60])
def test_shelves_are_never_overdrawn(seed, orders_per_day):
    simulation, days = live(60, seed, orders_per_day)
    assert len(days) == 60
    assert min(simulation.shelves.free.values()) >= 0
    assert min(simulation.shelves.incoming.values()) >= 0
