"""Many files for one document at once; the race has a control without its guard."""

from functools import partial
from threading import Barrier

import pytest

from inventory.attached_files import CheckedFile
from inventory.attachments import attachment_kinds
from inventory.models import Attachment
from inventory.services import attachments
from inventory.services.attachments import MOST, TooManyAttachments, attach_file
from tests.factories.purchasing import make_order
from tests.factories.users import UserFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 4


def attach_at_once():
    """Let four clients attach to a receipt that has room for one file more."""
    user = UserFactory(role="admin")
    receipt = make_order(1, status="received").receipts.get()
    attach = partial(
        attach_file,
        kind=attachment_kinds()["goods_receipt"],
        document=receipt,
        file=CheckedFile("a.pdf", "application/pdf", b"%PDF"),
        acting_user=user,
    )
    for _ in range(MOST - 1):
        attach()
    return run_at_once(*[attach] * CLIENTS)


def test_the_last_place_is_given_once():
    outcomes = attach_at_once()

    assert sum(isinstance(one, Attachment) for one in outcomes) == 1
    assert sum(isinstance(one, TooManyAttachments) for one in outcomes) == CLIENTS - 1
    assert Attachment.objects.count() == MOST


def test_without_the_lock_on_the_order_there_are_too_many(monkeypatch):
    all_there = Barrier(CLIENTS)
    waiting = iter(range(MOST - 1))  # those that are attached one after the other do not wait

    def lock_nothing(row):
        if next(waiting, None) is None:
            all_there.wait(timeout=30)

    monkeypatch.setattr(attachments, "lock", lock_nothing)

    attach_at_once()

    assert Attachment.objects.count() > MOST
