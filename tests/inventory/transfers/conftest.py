"""Somebody who decides, and a ledger that is sound after every test."""

import pytest

from tests.factories.users import UserFactory


@pytest.fixture(autouse=True)
def every_ledger_is_sound(sound_ledger):
    """Prove it after each test of transfers."""


@pytest.fixture
def boss():
    return UserFactory(role="admin")
