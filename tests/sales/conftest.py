"""A balance of ten, and who works there."""

import pytest

from tests.factories.inventory import put_in_stock


@pytest.fixture
def stock():
    return put_in_stock(quantity=10)


@pytest.fixture
def manager(api, stock):
    return api("manager", stock.warehouse)
