"""Clients of the admin site, and a place to work in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.test import Client

from inventory.models import ProductVariation
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.purchasing import incoming_of_balances, incoming_of_orders
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from warehouses.models import Warehouse


@dataclass
class Place:
    """A warehouse with 10 of one variation, and one that is somebody else's."""

    own: Warehouse
    foreign: Warehouse
    variation: ProductVariation


@pytest.fixture
def place(settings) -> Place:
    settings.SECURE_SSL_REDIRECT = False
    own, foreign = WarehouseFactory(), WarehouseFactory()
    variation = VariationFactory()
    put_in_stock(variation, own, 10)
    put_in_stock(variation, foreign, 10)
    return Place(own, foreign, variation)


@pytest.fixture
def office(place) -> Callable[[str], Client]:
    """Return a function that gives a client signed in with a role, at home in `place.own`."""

    def sign_in(role: str) -> Client:
        client = Client()
        client.user = UserFactory(role=role)
        MembershipFactory(user=client.user, warehouse=place.own, is_default=True)
        client.force_login(client.user)
        return client

    return sign_in


@pytest.fixture
def manager(office) -> Client:
    return office("manager")


@pytest.fixture
def sound_orders(sound_ledger: None) -> Iterator[None]:
    """Whatever a test does, the ledger and what purchase orders say of it agree afterwards."""
    yield
    assert incoming_of_balances() == incoming_of_orders()
