"""What operations keeps of its own."""

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Cast, Now
from django.utils import timezone

from common.audit import audited, not_audited
from common.permissions import Can
from common.references import ReferenceQuerySet
from common.sealed import SealedField
from warehouses.models import Warehouse


@not_audited("It is itself the record of how far an import came.")
class OrderImport(models.Model):
    """How far the import of one order log is; written in the transaction of every batch."""

    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField("SHA-256 of the file", max_length=64)
    options = models.TextField(help_text="As JSON.")
    options_sha256 = models.CharField("SHA-256 of the options", max_length=64)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+")
    supplied_through = models.DateField(
        "supplied through month", null=True, help_text="The last month whose goods have come in."
    )
    orders_done = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    counters = models.JSONField(default=dict)
    started_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["file_sha256", "options_sha256"], name="order_import_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.started_at:%Y-%m-%d %H:%M}"


@not_audited("It is itself the record of what ran when.")
class JobRun(models.Model):
    """One run of a scheduled job in its slot, which only one of several beats can take."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    job = models.CharField(max_length=100)
    slot = models.DateTimeField(
        help_text="When the run was due; of a job that polls, the hour, whose runs are counted."
    )
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    task_id = models.CharField("task", max_length=100)
    runs = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-slot", "job"]
        constraints = [
            models.UniqueConstraint(fields=["job", "slot"], name="job_run_once_per_slot"),
            models.CheckConstraint(
                condition=Q(state="running", finished_at=None)
                | (~Q(state="running") & Q(finished_at__isnull=False)),
                name="job_run_ended_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.slot:%Y-%m-%d %H:%M}"


class ImportJobQuerySet(ReferenceQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Narrow to the user's own imports; who sees all warehouses sees all of them."""
        return self if user.can(Can.SEE_ALL_WAREHOUSES) else self.filter(created_by_id=user.pk)


@not_audited("It is itself the record of an import; the rows that it writes are audited.")
class ImportJob(models.Model):
    """A file that somebody sent: judged first, then imported as a whole or not at all."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        CHECKED = "checked", "Checked, nothing written"
        IMPORTED = "imported"
        REFUSED = "refused"
        FAILED = "failed"

    code_field = "pk"

    kind = models.CharField(max_length=20)
    file_name = models.CharField(max_length=255)
    size = models.PositiveIntegerField("size in bytes")
    options = models.JSONField(default=dict)
    dry_run = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    percent = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(default=dict)
    message = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(percent__lte=100), name="import_percent_to_100")
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.kind})"

    @property
    def can_be_confirmed(self) -> bool:
        """Whether a dry run found nothing to refuse."""
        return self.state == self.State.CHECKED and not self.report.get("problem_count")


@not_audited("The file of an import, as it was sent.")
class ImportPart(models.Model):
    """A piece of an import's file; the worker may run on another machine."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="import_part_once")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"


@not_audited("A mark of a change that is recorded where it was made; kept for three days.")
class StreamEvent(models.Model):
    """That an alert or a message changed, for the event stream.

    Written by triggers (operations.live.triggers), in the transaction of the change.
    """

    class Topic(models.TextChoices):
        ALERTS = "alerts"
        NOTIFICATIONS = "notifications"

    topic = models.CharField(max_length=13, choices=Topic)
    change = models.CharField(max_length=12)
    object_id = models.BigIntegerField("object's primary key")
    warehouse_id = models.BigIntegerField(null=True)
    recipient_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(db_default=Now(), db_index=True)
    transaction_id = models.BigIntegerField(
        db_default=Cast(
            Cast(Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField()
        ),
        editable=False,
    )

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["transaction_id", "id"], name="stream_event_order")]

    def __str__(self) -> str:
        return f"{self.topic} {self.object_id} {self.change}"


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
