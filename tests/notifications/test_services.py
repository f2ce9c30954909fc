from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from notifications import services
from notifications.mail import message_id, one_line
from notifications.models import Notification, OutboxMessage
from notifications.outbox import mail_message, queue_mails, record_event
from notifications.services import (
    LEASE,
    MAX_ATTEMPTS,
    claim,
    deliver_due_messages,
    pause_after,
    redeliver_messages,
)
from tests.factories.notifications import EventFactory, MailFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db

Status = OutboxMessage.Status


def let_time_pass():
    """Make every pending message due: its pause or its lease is over."""
    OutboxMessage.objects.filter(status=Status.PENDING).update(next_attempt_at=timezone.now())


def test_event_handler_runs_once_and_marks_the_event():
    record_event("tests.note", {"number": 7})

    assert deliver_due_messages() == 1
    assert deliver_due_messages() == 0

    message = OutboxMessage.objects.get()
    assert [note.title for note in Notification.objects.all()] == ["note 7"]
    assert (message.status, message.attempts, message.lease_token) == (Status.SENT, 1, None)


def test_failed_handler_leaves_nothing_but_its_error_and_the_others_run():
    EventFactory(payload={"number": 1, "fails": True})
    EventFactory(payload={"number": 2})
    EventFactory(topic="tests.unheard_of")
    EventFactory(payload={"number": 3})

    assert deliver_due_messages() == 2

    assert sorted(note.title for note in Notification.objects.all()) == ["note 2", "note 3"]
    failed, unknown = OutboxMessage.objects.filter(status=Status.PENDING).order_by("pk")
    assert failed.last_error == "ValueError: the handler failed after it wrote"
    assert unknown.last_error == "LookupError: No app handles the event 'tests.unheard_of'."
    assert failed.next_attempt_at > timezone.now() + timedelta(seconds=5)


def test_mail_is_sent_in_text_and_html_and_kept(mail_server):
    message = MailFactory(payload={"text": "& <b>welcome</b>"})

    assert deliver_due_messages() == 1

    [mail] = mail_server.mails
    name = message.recipient.username
    assert mail["To"] == message.recipient.email
    assert mail["Message-ID"] == message_id(message)
    assert f"Hello {name} & <b>welcome</b>" in mail.get_body("plain").get_content()
    assert f"<p>Hello {name} &amp; &lt;b&gt;welcome&lt;/b&gt;</p>" in (
        mail.get_body("html").get_content()
    )
    message.refresh_from_db()
    assert (message.status, message.subject) == (Status.SENT, "Hello")
    assert f"Hello {name} & <b>welcome</b>" in message.body
    assert message.sent_at is not None


def test_line_ends_in_a_subject_add_no_header(mail_server):
    MailFactory(payload={"subject": "Low\r\nBcc: thief@example.com\x85\u2028\x1bX: y\tnow"})

    deliver_due_messages()

    [mail] = mail_server.mails
    assert mail["Subject"] == "Low Bcc: thief@example.com X: y now"
    assert mail["Bcc"] is None
    assert mail["X"] is None


def test_subject_is_cut():
    assert one_line("a" * 201) == "a" * 199 + "…"
    assert one_line("a" * 200) == "a" * 200


def test_line_end_in_an_address_is_refused(mail_server):
    message = MailFactory(recipient=None, address="a@example.com\nBcc: thief@example.com")

    deliver_due_messages()

    message.refresh_from_db()
    assert mail_server.mails == []
    assert message.status == Status.PENDING
    assert "Header" in message.last_error or "Invalid address" in message.last_error


def test_refused_mail_does_not_hold_up_the_others(mail_server):
    first, poison, last = MailFactory(), MailFactory(), MailFactory()
    mail_server.refused.add(poison.recipient.email)

    assert deliver_due_messages() == 2

    assert mail_server.addresses == sorted([first.recipient.email, last.recipient.email])
    poison.refresh_from_db()
    assert (poison.status, poison.attempts, poison.lease_token) == (Status.PENDING, 1, None)
    assert "no such user" in poison.last_error


def test_message_is_dead_after_its_last_attempt_and_can_be_delivered_again(mail_server):
    message = MailFactory()
    mail_server.refused.add(message.recipient.email)
    statuses = []
    for _ in range(MAX_ATTEMPTS + 2):
        let_time_pass()
        deliver_due_messages()
        message.refresh_from_db()
        statuses.append((message.status, message.attempts))
    assert statuses == [(Status.PENDING, number) for number in range(1, 8)] + [(Status.DEAD, 8)] * 3

    mail_server.refused.clear()
    assert redeliver_messages(OutboxMessage.objects.all()) == 1
    assert redeliver_messages(OutboxMessage.objects.all()) == 0
    assert deliver_due_messages() == 1

    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.SENT, 1)
    assert mail_server.message_ids == [message_id(message)]


def test_message_that_kills_its_worker_every_time_ends_dead(mail_server):
    killer, other = MailFactory(attempts=MAX_ATTEMPTS, lease_token=uuid4()), MailFactory()

    assert deliver_due_messages() == 1

    killer.refresh_from_db()
    assert (killer.status, killer.attempts) == (Status.DEAD, MAX_ATTEMPTS)
    assert killer.last_error == "The worker died at every attempt."
    assert mail_server.addresses == [other.recipient.email]


def test_pauses_grow_fourfold_to_six_hours_less_up_to_a_half(monkeypatch):
    monkeypatch.setattr(services.random, "uniform", lambda low, high: high)
    longest = [pause_after(attempts).total_seconds() for attempts in range(1, 9)]
    monkeypatch.setattr(services.random, "uniform", lambda low, high: low)
    shortest = [pause_after(attempts).total_seconds() for attempts in range(1, 9)]

    assert longest == [15, 60, 240, 960, 3840, 15360, 21600, 21600]
    assert shortest == [seconds / 2 for seconds in longest]


def test_mail_server_that_is_down_costs_one_message_a_run_its_attempt(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    MailFactory.create_batch(3)
    EventFactory()

    assert deliver_due_messages() == 1

    assert Notification.objects.count() == 1
    mails = OutboxMessage.objects.filter(channel="email")
    assert sorted(mails.values_list("attempts", flat=True)) == [0, 0, 1]
    assert set(mails.values_list("status", flat=True)) == {Status.PENDING}


def test_mail_without_cause_or_recipient_is_closed_with_a_note(mail_server):
    gone = MailFactory(payload={"gone": True})
    nowhere = MailFactory(recipient=UserFactory(email=""))

    assert deliver_due_messages() == 2

    gone.refresh_from_db()
    nowhere.refresh_from_db()
    assert (gone.status, gone.note) == (Status.CLOSED, "Nobody needs a greeting any more.")
    assert nowhere.note == "The recipient has no e-mail address."
    assert gone.sent_at is None
    assert mail_server.mails == []


def test_claim_takes_a_lease_and_counts_before_the_try():
    message = MailFactory()
    before = timezone.now()

    claimed = claim("email")

    message.refresh_from_db()
    assert claimed.pk == message.pk
    assert (message.attempts, message.status) == (1, Status.PENDING)
    assert message.lease_token == claimed.lease_token
    assert before + LEASE <= message.next_attempt_at <= timezone.now() + LEASE
    assert claim("email") is None
    let_time_pass()
    assert claim("email").attempts == 2


def test_worker_that_lost_its_lease_marks_nothing():
    message = MailFactory()
    slow = claim("email")
    let_time_pass()
    quick = claim("email")

    assert services.settle(slow, Status.SENT) is False
    services.record_failure(slow, ValueError("too late"))

    message.refresh_from_db()
    assert (message.status, message.last_error) == (Status.PENDING, "")
    assert services.settle(quick, Status.SENT) is True


def test_event_whose_lease_was_lost_is_not_handled_twice():
    EventFactory()
    slow = claim("event")
    let_time_pass()
    quick = claim("event")

    assert services.handle_event(slow) is False
    assert services.handle_event(quick) is True
    assert Notification.objects.count() == 1


def test_same_dedup_key_is_queued_once():
    user = UserFactory()
    queue_mails([mail_message("tests.greeting", user.pk, {}, "one") for _ in range(2)])
    queue_mails([mail_message("tests.greeting", user.pk, {}, "one")])

    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_relays_at_once_deliver_each_message_once(mail_server):
    user = UserFactory()
    for number in range(30):
        EventFactory(payload={"number": number, "user": user.pk})
        MailFactory(recipient=user)
    start, settled = Barrier(3), []

    def relay():
        try:
            start.wait()
            settled.append(deliver_due_messages())
        finally:
            connection.close()

    threads = [Thread(target=relay) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(settled) == 60
    assert min(settled) > 0
    assert len(mail_server.mails) == len(set(mail_server.message_ids)) == 30
    assert sorted(int(note.title[5:]) for note in Notification.objects.all()) == list(range(30))
    assert set(OutboxMessage.objects.values_list("status", "attempts")) == {(Status.SENT, 1)}
