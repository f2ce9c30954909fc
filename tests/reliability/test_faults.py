"""Whatever statement is the last, a write has happened as a whole or not at all."""

from decimal import Decimal
from functools import partial

import pytest

from inventory.models import StockMovement
from inventory.services.movements import record_movement
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import VariationFactory
from tests.reliability.faults import state_between
from tests.reliability.writes import (
    ATTEMPT,
    WITHOUT_KEY,
    WRITES,
    copied,
    effect_of,
    forget,
    new_key,
    new_place,
    sample,
    send,
)

pytestmark = pytest.mark.django_db(transaction=True)
# Attempts are counted before a password, a code or a link is looked at, and stay counted whatever
# comes after.
COUNTING = {name for name, why in WITHOUT_KEY.items() if why is ATTEMPT} | {
    "POST /api/auth/totp/",
    "POST /api/auth/totp/confirm/",
    "POST /api/auth/password/reset/",
    "POST /api/auth/password/reset/confirm/",
    "POST /api/auth/email/confirm/",
}


@pytest.mark.parametrize("is_keyed", [False, True])
def test_write_that_fails_at_any_statement_leaves_nothing_or_everything(count, is_keyed):
    full = count(0, full=1) == 1
    place, faults, wrong = new_place(), 0, {}
    writes = WRITES if full else sample(full)[is_keyed :: 6 if is_keyed else 2]
    for write in writes:
        if write.name in COUNTING:
            continue
        address, body = write.make(place)

        def call(write=write, address=address, body=body):
            key = new_key() if is_keyed else None
            return send(place.admin, write, address, copied(body), key)

        found, failed = state_between(call, effect_of(call)[1], every_statement=full)
        faults += failed
        if found:
            wrong[write.name] = found
        forget(place)

    assert wrong == {}
    assert faults > len(writes)
    assert verify_ledger() == []


def test_control_two_postings_in_two_transactions_are_found_half_done():
    place = new_place()
    move = partial(
        record_movement,
        variation=VariationFactory(),
        warehouse=place.warehouse,
        movement_type="inbound",
        quantity=Decimal(1),
        acting_user=place.admin,
    )

    def move_twice():
        try:
            move()
            move()
        except Exception:
            return  # the fault

    found, _ = state_between(move_twice, effect_of(move_twice)[1], every_statement=False)

    assert "'inventory_stockmovement': 1" in found
    assert StockMovement.objects.count() == 1
