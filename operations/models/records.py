"""What operations keeps of its own."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Cast, Now

from common.audit import not_audited
from common.permissions import Can
from common.references import ReferenceQuerySet
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
        verbose_name = "scheduled run"
        verbose_name_plural = "scheduled runs"
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
        CANCELLED = "cancelled"

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

    @property
    def can_be_cancelled(self) -> bool:
        """Whether its file still waits, or is being read."""
        return self.state in (self.State.QUEUED, self.State.RUNNING) or self.can_be_confirmed

    @property
    def has_marked_rows(self) -> bool:
        """Whether its file was kept with what is wrong with each row."""
        return bool(self.report.get("is_marked"))


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


@not_audited("The file of an import, with what is wrong with its rows.")
class ImportMarkedPart(models.Model):
    """A piece of an import's file with the problem of each row, kept to be corrected."""

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="marked_parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="import_marked_part_once")
        ]

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
