"""A warehouse, and its manager at the API."""

import pytest

from tests.factories.warehouses import WarehouseFactory


@pytest.fixture
def warehouse(db):
    return WarehouseFactory()


@pytest.fixture
def manager(api, warehouse):
    return api("manager", warehouse)
