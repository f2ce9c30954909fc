"""Several workers, and one that is killed between sending and marking."""

import sys

import pytest

from operations.models import WebhookDelivery
from operations.webhooks import delivery as sending
from operations.webhooks.delivery import deliver_due_webhooks
from operations.webhooks.services import redeliver
from tests.factories.webhooks import make_delivery, make_webhook
from tests.operations.processes import running, wait_until
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = (
    "import django; django.setup();"
    "from operations.tasks import deliver_webhooks; deliver_webhooks()"
)


def ids(receiver):
    return [request.headers["webhook-id"] for request in receiver.requests]


def test_workers_at_once_send_each_event_once(receiver):
    hooks = [make_webhook(url=receiver.url)[0] for _ in range(2)]
    rows = [make_delivery(hook) for hook in hooks for _ in range(10)]

    settled = run_at_once(*[deliver_due_webhooks] * 4)

    assert sum(settled) == 20
    assert sorted(ids(receiver)) == sorted(row.event_id for row in rows)
    assert set(WebhookDelivery.objects.values_list("status", "attempts")) == {("delivered", 1)}


def test_without_the_lease_an_event_is_sent_several_times(receiver):
    """The control: the same workers, each sending what it finds due."""
    rows = [make_delivery(make_webhook(url=receiver.url)[0]) for _ in range(5)]

    def send_what_is_due():
        for delivery in list(WebhookDelivery.objects.due().select_related("webhook")):
            sending.record(delivery, sending.send(delivery))

    run_at_once(*[send_what_is_due] * 4)

    assert len(ids(receiver)) > len(rows)


def test_worker_killed_between_sending_and_marking_sends_again_with_the_same_id(
    receiver, let_time_pass, tmp_path, settings
):
    row = make_delivery(make_webhook(url=receiver.url)[0])
    receiver.manner = "late"
    argv = [sys.executable, "-c", WORKER]
    changes = {"DJANGO_SETTINGS_MODULE": "config.settings", "WEBHOOK_ALLOWED_HOSTS": receiver.host}

    with running(argv, tmp_path / "worker.log", **changes) as worker:
        wait_until(receiver.came.is_set)
        worker.kill()
        worker.wait(timeout=30)
    receiver.released.set()
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("pending", 1)
    assert deliver_due_webhooks() == 0  # the lease still holds

    let_time_pass()
    assert deliver_due_webhooks() == 1

    assert ids(receiver) == [row.event_id] * 2
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("delivered", 2)


def test_redelivery_and_a_worker_at_once_send_it_whole(receiver):
    row = make_delivery(make_webhook(url=receiver.url)[0], status="dead", attempts=8)

    outcomes = run_at_once(
        lambda: redeliver(delivery=row, acting_user=None),
        lambda: redeliver(delivery=row, acting_user=None),
        deliver_due_webhooks,
    )
    deliver_due_webhooks()

    assert not [one for one in outcomes if isinstance(one, AssertionError)]
    row.refresh_from_db()
    assert row.status == "delivered"
    assert set(ids(receiver)) == {row.event_id}
