"""Everything that must be told to somebody, kept until it was."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.audit import not_audited
from common.references import ReferenceQuerySet


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    def due(self) -> Self:
        """Pending messages whose time has come and whose lease, if any, ran out; oldest first."""
        return self.filter(
            status=OutboxMessage.Status.PENDING, next_attempt_at__lte=timezone.now()
        ).order_by("next_attempt_at")


@not_audited("It is itself the record of what was told to whom, and when.")
class OutboxMessage(models.Model):
    """One thing to deliver: written in the transaction of its cause, delivered by a worker.

    Channel `event` is for the system itself: the handler of the topic runs in the transaction
    that marks the message as sent. `email` goes to a person. The payload holds ids, no facts.
    `attempts` is counted before each try; while a worker tries, `lease_token` is its own and
    `next_attempt_at` is the end of the lease.
    """

    class Channel(models.TextChoices):
        EVENT = "event"
        EMAIL = "email"

    class Status(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        CLOSED = "closed"
        DEAD = "dead"

    topic = models.CharField(max_length=50)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    address = models.CharField(
        max_length=254, blank=True, help_text="Where it goes; empty: the recipient's own address."
    )
    payload = models.JSONField(default=dict)
    dedup_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_token = models.UUIDField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=500, blank=True, help_text="Why it was closed unsent.")
    subject = models.CharField(max_length=255, blank=True)
    body = models.TextField(blank=True, help_text="The text as it was sent.")
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["channel", "next_attempt_at"],
                condition=Q(status="pending"),
                name="outbox_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} by {self.channel} to {self.address or self.recipient or 'us'}"


class NotificationQuerySet(ReferenceQuerySet):
    def visible_to(self, user: Any) -> Self:
        """A person's own messages; nobody reads another's."""
        return self.filter(recipient_id=user.pk)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


@not_audited("A message to one person, who marks it as read.")
class Notification(models.Model):
    """A message that a person reads in the app."""

    code_field = "pk"

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False
    )
    topic = models.CharField(max_length=50)
    title = models.CharField(max_length=200)
    message = models.CharField(max_length=1000, blank=True)
    reference = models.CharField(
        max_length=50, blank=True, help_text="The code of what it is about."
    )
    dedup_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notification_newest"),
            models.Index(
                fields=["recipient"], condition=Q(read_at__isnull=True), name="notification_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.title
