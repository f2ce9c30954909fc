"""Milk in a shop, in the middle of June."""

from datetime import UTC, datetime

import pytest
import time_machine

from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.warehouses import WarehouseFactory

TODAY = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def middle_of_june():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def milk():
    product = ProductFactory(lot_tracking=True, expiration_tracking=True)
    return VariationFactory(product=product)


@pytest.fixture
def shop():
    return WarehouseFactory()
