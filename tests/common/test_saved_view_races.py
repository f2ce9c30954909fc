"""Two defaults at the same moment: one remains, and nobody is refused."""

from contextlib import suppress
from functools import partial

import pytest
from django.db import IntegrityError

from common import saved_views
from common.models import SavedView
from common.saved_views import create_saved_view
from tests.factories.users import UserFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


def race(owner, number):
    """Save two filters at once, each to be the one that the list opens with."""
    return run_at_once(
        *[
            partial(
                create_saved_view,
                resource="stocks",
                name=f"{number}-{side}",
                query="search=a",
                is_default=True,
                acting_user=owner,
            )
            for side in (1, 2)
        ]
    )


def test_of_two_defaults_at_once_one_remains():
    owner = UserFactory(role="staff")

    for number in range(ROUNDS):
        outcomes = race(owner, number)

        assert [type(outcome) for outcome in outcomes] == [SavedView, SavedView]
        assert SavedView.objects.filter(owner=owner, is_default=True).count() == 1


def test_without_the_lock_somebody_is_refused(monkeypatch):
    """The control: the constraint holds, at the cost of an error."""
    monkeypatch.setattr(saved_views, "lock_owner", lambda key: None)
    owner, errors = UserFactory(role="staff"), []

    for number in range(40):
        errors += [one for one in race(owner, number) if isinstance(one, IntegrityError)]
        with suppress(IndexError):
            errors[0]
            break

    assert errors
