"""Whatever statement is the last, a write has happened as a whole or not at all."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from inventory.models import StockMovement
from inventory.services.movements import record_movement
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import VariationFactory
from tests.reliability.faults import IDLE, state_between
from tests.reliability.writes import (
    ATTEMPT,
    WITHOUT_KEY,
    WRITES,
    Write,
    bearer,
    copied,
    forget,
    new_key,
    new_place,
    sample,
    send,
)
from users.services.api_tokens import create_api_token
from users.services.sign_ins import note_browser_sign_in

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
# What these rows of the table ask for is refused, or there is nothing to do; `MORE` has others of
# most of these kinds, which do something.
LEFT_IDLE = {
    "DELETE /api/auth/sessions/{sign_in}/",
    "DELETE /api/auth/tokens/{api_token}/",
    "PATCH /api/saved-views/{saved_view}/",
    "PUT /api/saved-views/{saved_view}/",
    "POST /api/auth/logout/",
    "POST /api/auth/sessions/revoke-others/",
    "POST /api/categories/import/",
    "POST /api/import-jobs/{import_job}/cancel/",
    "POST /api/import-jobs/{import_job}/confirm/",
    "POST /api/labels/",
    "POST /api/low-stock-thresholds/import/",
    "POST /api/notifications/{notification}/read/",
    "POST /api/orders/purchase/from-reorder-list/",
    "POST /api/orders/purchase/from-shortage/",
    "POST /api/products/import/",
    "POST /api/purchase-orders/from-reorder-list/",
    "POST /api/purchase-orders/from-shortage/",
    "POST /api/purchase-orders/import/",
    "POST /api/purchase-requests/{goods_request}/cancel/",
    "POST /api/sales-orders/import/",
    "POST /api/sales-orders/{sales_order}/allocate/",
    "POST /api/sales-prices/import/",
    "POST /api/sourcing/import/",
    "POST /api/stock-counts/{counted}/lines/",
    "POST /api/stocks/import/",
    "POST /api/suppliers/import/",
    "POST /api/suppliers/{fed_supplier}/price-feed/fetch/",
    "POST /api/suppliers/{supplier}/price-lists/",
    "POST /api/webhooks/{webhook}/redeliver-dead/",
}


@pytest.mark.parametrize("is_keyed", [False, True])
def test_write_that_fails_at_any_statement_leaves_nothing_or_everything(
    count, is_keyed, record_property
):
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

        found, failed = state_between(call, every_statement=full)
        faults += failed
        if found and not (found == IDLE and write.name in LEFT_IDLE):
            wrong[write.name] = found
        forget(place)

    record_property("kinds of request, faults", (len(writes), faults))
    assert wrong == {}
    assert faults > len(writes)
    assert verify_ledger() == []


def token_of_ones_own(place):
    token, _ = create_api_token(name="script", scopes=["all"], acting_user=place.admin)
    return f"/api/auth/tokens/{token.pk}/", None


def session_of_ones_own(place):
    return f"/api/auth/sessions/{browser_of(place.admin).pk}/", None


def two_other_sessions(place):
    browser_of(place.admin), bearer(place.admin)
    return "/api/auth/sessions/revoke-others/", None


def browser_of(user):
    """Sign somebody in as with a browser: a session, and the row that tells of it."""
    key, ends_at = uuid4().hex, timezone.now() + timedelta(days=1)
    Session.objects.create(session_key=key, session_data="", expire_date=ends_at)
    return note_browser_sign_in(
        user=user, session_key=key, expires_at=ends_at, user_agent="Firefox", address=""
    )


# The table's rows of these three find nothing to end, or what is of somebody else.
ENDINGS = [
    Write("DELETE an own token", "delete", token_of_ones_own),
    Write("DELETE an own session", "delete", session_of_ones_own),
    Write("POST the end of others", "post", two_other_sessions),
]


@pytest.mark.parametrize("write", ENDINGS, ids=str)
def test_ways_in_end_altogether_or_not_at_all(write):
    place = new_place()
    address, body = write.make(place)

    def call():
        assert send(place.admin, write, address, body).status_code in (200, 204, 500, 503)

    found, failed = state_between(call, every_statement=True)

    assert found == ""
    assert failed > 1


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

    found, _ = state_between(move_twice, every_statement=False)

    assert "'inventory_stockmovement': 1" in found
    assert StockMovement.objects.count() == 1
