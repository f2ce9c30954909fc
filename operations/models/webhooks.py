"""Other systems that are told of what happens here, and what they were told."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.audit import audited, not_audited
from common.references import ReferenceQuerySet
from common.sealed import SealedField
from warehouses.models import Warehouse


class WebhookQuerySet(ReferenceQuerySet):
    def hearing(self, event_type: str) -> Self:
        """Narrow to active ones that are told of a type of event."""
        return self.filter(is_active=True, event_types__overlap=[event_type, Webhook.ALL])


@audited(secret=("secret", "previous_secret"))
class Webhook(models.Model):
    """Another system's address that is told, signed, of what happens here."""

    ALL = "*"  # stands for every type of event, also those yet to come
    code_field = "pk"

    name = models.CharField(max_length=100, help_text="What it is for.")
    url = models.CharField(
        "URL",
        max_length=500,
        help_text="Where events are posted, such as https://example.com/hook.",
    )
    event_types = ArrayField(
        models.CharField(max_length=60), help_text='The names of event types, or "*" for all.'
    )
    warehouse = models.ForeignKey(
        Warehouse, models.CASCADE, null=True, blank=True, related_name="+",
        help_text="Tells only of this warehouse and of what belongs to none; empty: of all.",
    )  # fmt: skip
    is_active = models.BooleanField(default=True)
    secret = SealedField(editable=False)
    previous_secret = SealedField(blank=True, editable=False)
    previous_secret_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until when the secret before signs, too."
    )
    switched_off_reason = models.CharField(max_length=500, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        editable=False,
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


@not_audited("How deliveries go, as the worker sees it; nobody writes it by hand.")
class WebhookHealth(models.Model):
    """How a webhook fares, and how far it was told of the ledger. Locked before its deliveries."""

    webhook = models.OneToOneField(Webhook, models.CASCADE, related_name="health")
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    paused_until = models.DateTimeField(null=True)
    told_transaction = models.BigIntegerField(default=0)
    told_movement = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"health of {self.webhook}"


class WebhookDeliveryQuerySet(ReferenceQuerySet):
    def due(self) -> Self:
        """What is to be sent now: the time has come, and the receiver is on and not in trouble.

        A test goes to one that is off or in trouble, too.
        """
        now = timezone.now()
        in_order = Q(webhook__health__paused_until=None) | Q(webhook__health__paused_until__lte=now)
        return self.filter(
            Q(event_type=WebhookDelivery.PING) | Q(in_order, webhook__is_active=True),
            status=WebhookDelivery.Status.PENDING,
            next_attempt_at__lte=now,
        ).order_by("next_attempt_at", "pk")


@not_audited("It is itself the record of what was sent where, and what was answered.")
class WebhookDelivery(models.Model):
    """One event for one webhook: what is sent, and how the last attempt ended.

    `attempts` is counted before each try; while a worker tries, `lease_token` is its own and
    `next_attempt_at` is the end of the lease.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        DEAD = "dead"

    PING = "webhook.ping"
    code_field = "pk"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    event_id = models.CharField(max_length=40, help_text="The same for every attempt.")
    event_type = models.CharField(max_length=60)
    body = models.TextField(help_text="JSON, exactly as it is signed and sent.")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_token = models.UUIDField(null=True, editable=False)
    last_attempt_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    response_body = models.CharField(
        max_length=2000, blank=True, help_text="The first 2,000 characters of the answer."
    )
    duration_ms = models.PositiveIntegerField("duration in milliseconds", null=True)
    error = models.CharField(max_length=500, blank=True, help_text="Why the last attempt failed.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="webhook_event_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(status="pending"), name="webhook_due"
            ),
            models.Index(fields=["webhook", "-id"], name="webhook_newest"),
            models.Index(fields=["created_at"], name="webhook_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"
