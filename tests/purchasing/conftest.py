"""People of one warehouse, for tests over HTTP."""

import pytest

from tests.factories.warehouses import WarehouseFactory


@pytest.fixture
def place():
    return WarehouseFactory()


@pytest.fixture
def manager(api, place):
    return api("manager", place)


@pytest.fixture
def staff(api, place):
    return api("staff", place)
