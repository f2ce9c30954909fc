"""A warehouse, people of it over HTTP, and two who decide about each other's orders."""

import pytest

from tests.factories.users import UserFactory
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


@pytest.fixture
def buyer():
    return UserFactory(role="manager")


@pytest.fixture
def other():
    return UserFactory(role="manager")
