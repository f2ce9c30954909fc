"""Webhooks in the back office."""

import re

import pytest
from django.test import Client

from common.sealed import unseal
from operations.models import Webhook, WebhookDelivery
from tests.admin.pages import (
    add_to,
    buttons,
    deletion_of,
    errors_of,
    filled,
    list_of,
    page_of,
    step_of,
)
from tests.factories.users import UserFactory
from tests.factories.webhooks import make_delivery, make_webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(settings):
    settings.SECURE_SSL_REDIRECT = False
    client = Client()
    client.force_login(UserFactory(role="admin"))
    return client


def shown_secret(answer):
    return re.search(r"whsec_[\w+/=]+", answer.content.decode()).group()


def test_webhook_is_made_with_its_secret_on_the_page_that_answers(office):
    posted = {"name": "ERP", "url": "https://erp.example.com/", "event_types": ["*"],
              "is_active": "on"}  # fmt: skip

    answer = office.post(add_to(Webhook), posted)

    hook = Webhook.objects.get()
    assert answer.status_code == 200
    assert shown_secret(answer) == unseal(hook, "secret")
    assert "whsec_" not in office.get(page_of(hook)).content.decode()
    assert "whsec_" not in office.get(list_of(Webhook)).content.decode()


def test_refused_address_is_told_at_its_field(office):
    posted = {"name": "ERP", "url": "http://127.0.0.1/", "event_types": ["*"], "is_active": "on"}

    answer = office.post(add_to(Webhook), posted)

    assert "127.0.0.1 is not an address of the public internet" in errors_of(answer)
    assert not Webhook.objects.exists()


def test_webhook_is_changed_and_switched_off(office):
    hook, secret = make_webhook("stock.low")
    waiting = make_delivery(hook)
    posted = filled(office, page_of(hook), name="Other", event_types=["stock.out"])
    del posted["is_active"]

    answer = office.post(page_of(hook), posted)

    assert (answer.status_code, errors_of(office.get(page_of(hook))))[0] == 302
    hook.refresh_from_db()
    waiting.refresh_from_db()
    assert (hook.name, hook.event_types, hook.is_active) == ("Other", ["stock.out"], False)
    assert (unseal(hook, "secret"), waiting.status) == (secret, "dead")


def test_page_shows_the_newest_deliveries_and_the_steps(office):
    hook, _ = make_webhook()
    for number in range(22):
        make_delivery(hook, error=f"fault {number:02}.")
    make_delivery(error="of another one.")

    page = office.get(page_of(hook)).content.decode()

    assert ["fault 00." in page, "fault 02." in page, "fault 21." in page] == [False, True, True]
    assert "of another one." not in page
    assert buttons(office, hook) == {"ping", "rotate_secret"}


def test_dead_events_are_sent_again_where_there_are_any(office):
    hook, _ = make_webhook()
    row = make_delivery(hook, status="dead", attempts=8)
    assert buttons(office, hook) == {"ping", "redeliver_dead", "rotate_secret"}

    answer = office.post(step_of(hook, "redeliver_dead"), follow=True)

    assert "1 events are on their way again." in answer.content.decode()
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("pending", 0)
    assert buttons(office, hook) == {"ping", "rotate_secret"}


def test_test_is_sent_and_a_new_secret_shown(office):
    hook, secret = make_webhook()

    office.post(step_of(hook, "ping"))
    asked = office.get(step_of(hook, "rotate_secret"))
    answer = office.post(step_of(hook, "rotate_secret"))

    assert WebhookDelivery.objects.get().event_type == "webhook.ping"
    hook.refresh_from_db()
    assert "whsec_" not in asked.content.decode()
    assert shown_secret(answer) == unseal(hook, "secret") != secret


def test_delivery_is_read_and_sent_again(office):
    row = make_delivery(status="dead", attempts=8, response_body="<script>alert(1)</script>")

    page = office.get(page_of(row)).content.decode()
    office.post(step_of(row, "redeliver"))

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("pending", 0)
    assert office.post(page_of(row), {"status": "delivered"}).status_code == 403
    assert office.get(list_of(WebhookDelivery)).status_code == 200


def test_refused_step_is_told(office):
    row = make_delivery(make_webhook(is_active=False)[0], status="dead")

    answer = office.post(step_of(row, "redeliver"), follow=True)

    assert "The webhook is switched off. Switch it on first." in errors_of(answer)


def test_webhook_is_deleted_with_its_log(office):
    hook, _ = make_webhook()
    make_delivery(hook)

    assert office.post(deletion_of(hook), {"post": "yes"}).status_code == 302

    assert (Webhook.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
