"""Several workers judge the lots of one balance at the same moment."""

from datetime import timedelta
from decimal import Decimal

import pytest

from alerts.models import Alert
from alerts.services import expiry as expiry_alerts
from alerts.services import refresh_expiry_alerts
from common.models import CompanySettings
from inventory.models import Stock
from inventory.models.lot import stock_day
from notifications.models import OutboxMessage
from tests.alerts.racing import run_after_all_have_read
from tests.alerts.stocks import post
from tests.factories.inventory import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4


def refresh_after_all_have_read(monkeypatch, warehouse):
    """Let every worker find no alert before any of them writes one, as far as locks permit."""
    milk = VariationFactory(product=ProductFactory(lot_tracking=True))
    post(
        milk.pk, warehouse.pk, 5, quiet=True, unit_cost=Decimal(2), lot_number="L-7",
        expiration_date=stock_day() + timedelta(days=3),
    )  # fmt: skip
    stock, _ = Stock.objects.get(), CompanySettings.current()
    return run_after_all_have_read(
        monkeypatch, expiry_alerts, lambda: refresh_expiry_alerts([stock.pk]), WORKERS
    )


def test_workers_at_once_raise_one_alert_and_one_mail(monkeypatch, warehouse, manager):
    raised, seen = refresh_after_all_have_read(monkeypatch, warehouse)

    assert raised == [0, 0, 0, 1]
    assert sorted(seen) == [0, 1, 1, 1]
    assert Alert.objects.count() == 1
    assert OutboxMessage.objects.filter(channel="email").count() == 1


def test_without_the_lock_all_find_nothing(monkeypatch, warehouse, manager):
    """The control: the workers do race, and the unique constraint is a guard of its own."""
    monkeypatch.setattr(expiry_alerts, "lock_causes", lambda stock_ids: None)

    raised, seen = refresh_after_all_have_read(monkeypatch, warehouse)

    assert (raised, seen) == ([0, 0, 0, 1], [0, 0, 0, 0])
    assert Alert.objects.count() == 1
