"""A warehouse with three SKUs, and people who count."""

import pytest

from inventory.models import Stock
from tests.factories.inventory import (
    VariationFactory,
    put_in_stock,
)
from tests.factories.warehouses import WarehouseFactory


@pytest.fixture
def place():
    return WarehouseFactory()


@pytest.fixture
def goods(place):
    """Three SKUs: 100, 50 and 10 in stock at 4 each, in bins 1, 2 and 3."""
    found = []
    for number, quantity in enumerate((100, 50, 10), start=1):
        variation = VariationFactory(sku_code=f"G-{number}", barcode=f"400{number}")
        put_in_stock(variation, place, quantity)
        Stock.objects.filter(variation=variation).update(bin_location=f"BIN-{number}")
        found.append(variation)
    return found


@pytest.fixture
def clerk(api, place):
    return api("staff", place)


@pytest.fixture
def manager(api, place):
    return api("manager", place)
