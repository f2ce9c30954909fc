"""Somebody who decides, and a ledger that is sound after every test."""

import pytest

from operations.ledger_verification import verify_ledger
from tests.factories.users import UserFactory


@pytest.fixture(autouse=True)
def sound_ledger():
    yield
    assert verify_ledger() == []


@pytest.fixture
def boss():
    return UserFactory(role="admin")
