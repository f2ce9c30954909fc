"""Sending: signed, in time, again where it failed, and never where nobody may be asked."""

from datetime import timedelta
from io import StringIO
from logging.config import dictConfig

import pytest
from django.utils import timezone

from common.models import AuditEntry
from config.logging import logging_settings
from notifications.models import Notification, OutboxMessage
from notifications.services import deliver_due_messages
from operations.models import Webhook, WebhookDelivery, WebhookHealth
from operations.tasks import deliver_webhooks, purge_webhook_deliveries
from operations.webhooks import delivery as sending
from operations.webhooks.services import change_webhook, ping_webhook, redeliver, rotate_secret
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.webhooks import make_delivery, make_webhook
from tests.operations.webhooks.test_signing import verifier

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short_limits(monkeypatch):
    monkeypatch.setitem(sending.send_request.__kwdefaults__, "total_seconds", 1.0)


def test_event_arrives_signed_and_is_marked(receiver):
    hook, secret = make_webhook("supplier.created", url=receiver.url)
    supplier = SupplierFactory()

    deliver_due_messages()
    assert deliver_webhooks() == 1
    assert deliver_webhooks() == 0

    [request] = receiver.requests
    row = WebhookDelivery.objects.get()
    assert verifier()(request.headers, request.body, secret) is True
    assert request.headers["webhook-id"] == row.event_id
    assert request.headers["content-type"] == "application/json"
    assert request.body.decode() == row.body
    assert f'"code":"{supplier.code}"' in row.body
    assert (row.status, row.attempts, row.lease_token, row.error) == ("delivered", 1, None, "")
    assert (row.response_status, row.response_body) == (200, "ok")
    assert row.duration_ms >= 0
    assert row.delivered_at == row.last_attempt_at


def test_after_a_rotation_both_secrets_sign_for_a_day(receiver):
    hook, old = make_webhook(url=receiver.url)
    _, new = rotate_secret(webhook=hook, acting_user=None)
    ping_webhook(webhook=hook, acting_user=None)
    deliver_webhooks()
    Webhook.objects.update(previous_secret_until=timezone.now())
    ping_webhook(webhook=hook, acting_user=None)
    deliver_webhooks()

    is_genuine = verifier()
    first, second = receiver.requests
    assert len(first.headers["webhook-signature"].split()) == 2
    assert [is_genuine(first.headers, first.body, one) for one in (old, new)] == [True, True]
    assert [is_genuine(second.headers, second.body, one) for one in (old, new)] == [False, True]


def test_failed_event_is_sent_again_with_its_id_and_a_new_signature(receiver, let_time_pass):
    hook, secret = make_webhook(url=receiver.url)
    row = make_delivery(hook)
    receiver.status, receiver.body = 503, b"later"

    assert deliver_webhooks() == 0
    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == ("pending", 1, "The receiver answered 503.")
    assert (row.response_status, row.response_body) == (503, "later")
    assert timedelta(seconds=5) < row.next_attempt_at - timezone.now() < timedelta(seconds=16)
    receiver.status = 204
    let_time_pass()
    assert deliver_webhooks() == 1

    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == ("delivered", 2, "")
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len({request.body for request in receiver.requests}) == 1
    assert all(verifier()(one.headers, one.body, secret) for one in receiver.requests)


def test_event_is_dead_after_eight_attempts_and_can_be_redelivered(receiver, let_time_pass):
    row = make_delivery(make_webhook(url=receiver.url)[0])
    receiver.status = 500
    seen = []
    for _ in range(10):
        let_time_pass()
        deliver_webhooks()
        row.refresh_from_db()
        seen.append((row.status, row.attempts))
    assert seen == [("pending", number) for number in range(1, 8)] + [("dead", 8)] * 3
    assert len(receiver.requests) == 8

    receiver.status = 200
    redeliver(delivery=row, acting_user=None)
    assert deliver_webhooks() == 1

    row.refresh_from_db()
    assert (row.status, row.attempts) == ("delivered", 1)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


@pytest.mark.parametrize(
    ("manner", "error"),
    [
        ("silent", "No complete answer within 1 seconds."),
        ("dripping", "No complete answer within 1 seconds."),
        ("dripping_body", "No complete answer within 1 seconds."),
        ("closing", "RemoteDisconnected: Remote end closed connection without response"),
        ("broken_off", "The answer broke off."),
    ],
)
def test_receiver_that_does_not_answer_properly_has_failed(receiver, manner, error):
    row = make_delivery(make_webhook(url=receiver.url)[0])
    receiver.manner = manner

    assert deliver_webhooks() == 0

    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == ("pending", 1, error)
    assert row.response_status is None
    assert row.duration_ms < 5000


def test_endless_answer_is_cut_and_taken(receiver):
    row = make_delivery(make_webhook(url=receiver.url)[0])
    receiver.manner = "endless"

    assert deliver_webhooks() == 1

    row.refresh_from_db()
    assert (row.status, row.response_body) == ("delivered", "a" * 2000)


def test_answer_of_any_bytes_is_kept_as_text(receiver):
    row = make_delivery(make_webhook(url=receiver.url)[0])
    receiver.body = b"\x00\xff<script>" + "ü".encode()

    deliver_webhooks()

    row.refresh_from_db()
    assert row.response_body == "��<script>ü"


def test_redirect_to_the_inside_is_not_followed_and_says_so(receiver):
    row = make_delivery(make_webhook(url=receiver.url)[0])
    receiver.status, receiver.headers = 302, {"Location": "http://127.0.0.1:1/"}

    assert deliver_webhooks() == 0

    row.refresh_from_db()
    assert row.error == "The receiver redirects (302); redirects are not followed."
    assert len(receiver.requests) == 1


def test_host_that_is_allowed_no_more_gets_nothing(receiver, settings):
    row = make_delivery(make_webhook(url=receiver.url)[0])
    settings.WEBHOOK_ALLOWED_HOSTS = []

    assert deliver_webhooks() == 0

    row.refresh_from_db()
    assert (row.status, row.attempts) == ("pending", 1)
    assert "127.0.0.1 is not an address of the public internet" in row.error
    assert receiver.requests == []


def test_secret_that_nobody_can_read_fails_until_there_is_a_new_one(receiver, settings):
    hook, _ = make_webhook(url=receiver.url)
    row = make_delivery(hook)
    settings.SECRET_KEY = "another key " * 5

    deliver_webhooks()
    row.refresh_from_db()
    assert "another SECRET_KEY" in row.error
    assert receiver.requests == []

    _, secret = rotate_secret(webhook=hook, acting_user=None)
    redeliver(delivery=row, acting_user=None)
    assert deliver_webhooks() == 1
    [request] = receiver.requests
    assert verifier()(request.headers, request.body, secret) is True


def test_receiver_in_trouble_holds_up_nobody_and_has_a_rest(receiver, let_time_pass):
    broken, _ = make_webhook(url=receiver.url.replace("/hook", "/broken"))
    sound, _ = make_webhook(url=receiver.url)
    first, second = make_delivery(broken), make_delivery(broken)
    fine = make_delivery(sound)
    receiver.manner = "silent"
    receiver.plain_paths = {"/hook"}

    assert deliver_webhooks() == 1
    assert deliver_webhooks() == 0

    for row in (first, second, fine):
        row.refresh_from_db()
    assert (first.attempts, second.attempts, fine.status) == (1, 0, "delivered")
    health = WebhookHealth.objects.get(webhook=broken)
    assert health.failures == 1
    assert timedelta(seconds=5) < health.paused_until - timezone.now() <= timedelta(seconds=15)
    receiver.manner = "plain"
    let_time_pass()
    assert deliver_webhooks() == 2
    health.refresh_from_db()
    assert (health.failures, health.failing_since, health.paused_until) == (0, None, None)


def test_rest_grows_to_five_minutes(receiver, let_time_pass):
    hook, _ = make_webhook(url=receiver.url)
    receiver.status = 500
    rests = []
    for _ in range(7):
        make_delivery(hook)
        let_time_pass()
        deliver_webhooks()
        rests.append(WebhookHealth.objects.get().paused_until - timezone.now())

    assert [round(rest.total_seconds() / 15) for rest in rests] == [1, 2, 4, 8, 16, 20, 20]


def test_receiver_that_fails_for_five_days_is_switched_off_and_admins_are_told(receiver):
    admin = UserFactory(role="admin")
    UserFactory(role="admin", status="inactive")
    UserFactory(role="manager")
    hook, _ = make_webhook(url=receiver.url, acting_user=admin)
    row, waiting = make_delivery(hook), make_delivery(hook)
    receiver.status = 500
    WebhookHealth.objects.update(failing_since=timezone.now() - timedelta(days=5))

    deliver_webhooks()
    deliver_due_messages()

    hook.refresh_from_db()
    reason = "Nothing was taken for 5 days. Last: The receiver answered 500."
    assert (hook.is_active, hook.switched_off_reason) == (False, reason)
    for one in (row, waiting):
        one.refresh_from_db()
    assert [one.status for one in (row, waiting)] == ["dead", "dead"]
    assert waiting.error == "The webhook was switched off."
    [note] = Notification.objects.all()
    assert (note.recipient, note.title) == (admin, "Webhook ERP was switched off")
    [mail] = OutboxMessage.objects.filter(channel="email")
    assert (mail.recipient, mail.status, mail.subject) == (
        admin,
        "sent",
        "Webhook ERP was switched off",
    )
    assert reason in mail.body

    deliver_webhooks()
    assert len(receiver.requests) == 1
    change_webhook(webhook=hook, is_active=True, acting_user=admin)
    receiver.status = 200
    redeliver(delivery=waiting, acting_user=admin)
    assert deliver_webhooks() == 1
    hook.refresh_from_db()
    assert (hook.is_active, hook.switched_off_reason) == (True, "")


def test_failed_test_counts_for_nothing(receiver):
    hook, _ = make_webhook(url=receiver.url, is_active=False)
    row = ping_webhook(webhook=hook, acting_user=None)
    receiver.status = 500

    deliver_webhooks()

    row.refresh_from_db()
    assert (row.attempts, row.error) == (1, "The receiver answered 500.")
    assert WebhookHealth.objects.get().failing_since is None


def test_event_that_kills_its_worker_every_time_ends_dead():
    row = make_delivery(attempts=8)

    assert deliver_webhooks() == 0

    row.refresh_from_db()
    assert (row.status, row.error) == ("dead", "The worker died at every attempt.")


def test_worker_that_lost_its_lease_marks_nothing(let_time_pass):
    row = make_delivery()
    slow = sending.claim(set())
    let_time_pass()
    quick = sending.claim(set())
    taken = sending.Outcome(error="", milliseconds=1, response_status=200)
    failed = sending.Outcome(error="too late", milliseconds=1)

    assert sending.record(slow, failed) is False
    assert sending.record(quick, taken) is True
    assert sending.record(slow, taken) is False

    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == ("delivered", 2, "")
    assert WebhookHealth.objects.get().failures == 0


def test_webhook_that_was_deleted_meanwhile_is_left(receiver):
    row = make_delivery(make_webhook(url=receiver.url)[0])
    claimed = sending.claim(set())
    Webhook.objects.all().delete()

    assert sending.record(claimed, sending.send(claimed)) is False
    assert not WebhookDelivery.objects.filter(pk=row.pk).exists()


def test_settled_deliveries_go_after_thirty_days_and_waiting_ones_stay():
    old = timezone.now() - timedelta(days=31)
    hook, _ = make_webhook()
    for status in ("delivered", "dead"):
        make_delivery(hook, status=status, created_at=old)
    kept = [make_delivery(hook, created_at=old), make_delivery(hook, status="delivered")]

    assert purge_webhook_deliveries() == 2

    assert list(WebhookDelivery.objects.order_by("pk")) == kept


def test_secrets_stand_in_no_log_no_audit_and_no_column(receiver, settings):
    stream = StringIO()
    chosen = logging_settings("DEBUG", readable=False)
    chosen["handlers"]["console"]["stream"] = stream
    dictConfig(chosen)
    try:
        hook, old = make_webhook(url=receiver.url)
        _, new = rotate_secret(webhook=hook, acting_user=None)
        for status in (200, 500):
            receiver.status = status
            make_delivery(hook)
            deliver_webhooks()
    finally:
        dictConfig(settings.LOGGING)

    stored = str(list(Webhook.objects.values())) + str(list(WebhookDelivery.objects.values()))
    audited = str(list(AuditEntry.objects.filter(object_type="webhook").values()))
    assert "[hidden]" in audited
    for secret in (old, new, old.removeprefix("whsec_"), new.removeprefix("whsec_")):
        assert secret not in stored
        assert secret not in audited
        assert secret not in stream.getvalue()
    assert "attempt 1" in stream.getvalue()
