"""Places that hold stock, who belongs to them, and the one rule of who sees what."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Lower

from common.audit import audited
from common.permissions import Can, Role
from common.references import ReferenceQuerySet
from common.validators import business_code, country_code

CHOICES_OF_ROLES = [(role.value, role.value.capitalize()) for role in Role]


class WarehouseScopedQuerySet(ReferenceQuerySet):
    """Rows that belong to warehouses: the model names its paths in `warehouse_paths`."""

    def visible_to(self, user: Any) -> Self:
        """Narrow to rows of the user's own warehouses (any of the paths); an admin sees all."""
        if user.can(Can.SEE_ALL_WAREHOUSES):
            return self
        own = Membership.objects.filter(user_id=user.pk).values("warehouse_id")
        belongs = Q()
        for path in self.model.warehouse_paths:
            belongs |= Q(**{f"{path}__in": own})
        return self.filter(belongs)


class WarehouseQuerySet(ReferenceQuerySet):
    def member(self, user: Any) -> Self:
        """Narrow to the warehouses that the user works in; for an admin all."""
        if user.can(Can.SEE_ALL_WAREHOUSES):
            return self
        return self.filter(memberships__user_id=user.pk)

    def with_own(self, user: Any) -> Self:
        """Say of each in `is_own` whether the user works there; an admin works everywhere."""
        if user.can(Can.SEE_ALL_WAREHOUSES):
            return self.annotate(is_own=Value(True))
        own = Membership.objects.filter(warehouse=OuterRef("pk"), user_id=user.pk)
        return self.annotate(is_own=Exists(own))


@audited()
class Warehouse(models.Model):
    """A place that holds stock."""

    code_field = "code"
    is_listed_by_code = True  # in lists of other rows, where there is no room for its name

    code = models.CharField(max_length=30, unique=True, validators=[business_code])
    name = models.CharField(max_length=200)
    street = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True, validators=[country_code])
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="managed_warehouses",
    )
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(
        default=False, help_text="The company's warehouse where a document names none."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WarehouseQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_warehouse"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


@audited(part_of="warehouse")
class Membership(models.Model):
    """A person works in a warehouse."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="warehouse_memberships"
    )
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="memberships")
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "warehouse"], name="membership_once"),
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="one_default_per_user"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.warehouse}"


@audited(code="username")
class Registration(models.Model):
    """What somebody asked for when they registered; open until somebody decides.

    Without a user it only keeps the name from being taken: the address had an account already,
    which nothing that can be seen from outside may tell.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        ADDRESS_TAKEN = "address_taken"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="registration"
    )
    username = models.CharField("user name", max_length=150)
    warehouse = models.ForeignKey(
        Warehouse, models.SET_NULL, null=True, blank=True, related_name="registrations"
    )
    role = models.CharField(max_length=10, choices=CHOICES_OF_ROLES)
    note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=13, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                Lower("username"),
                condition=Q(state="address_taken"),
                name="registration_kept_names",
            )
        ]

    def __str__(self) -> str:
        return f"{self.username} as {self.role}"


class StandingStep(models.TextChoices):
    """What may happen to somebody's standing; warehouses.lifecycle says when."""

    APPROVE = "approve", "Approved"
    REJECT = "reject", "Rejected"
    DISMISS = "dismiss", "Dismissed"
    REINSTATE = "reinstate", "Reinstated"
    PROMOTE = "promote", "Promoted"
    DEMOTE = "demote", "Demoted"


class StandingChange(models.Model):
    """A step in somebody's time at the company, who took it, and why; never changed."""

    append_only = True

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="standing_changes"
    )
    step = models.CharField(max_length=9, choices=StandingStep.choices)
    from_status = models.CharField(max_length=10)
    to_status = models.CharField(max_length=10)
    from_role = models.CharField(max_length=10)
    to_role = models.CharField(max_length=10)
    note = models.CharField(max_length=500, blank=True)
    acting_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.user} {self.get_step_display().lower()}"


@audited()
class PromotionRequest(models.Model):
    """A manager asks that somebody of their warehouse becomes a manager."""

    code_field = "code"
    warehouse_paths = ("warehouse",)

    class State(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    code = models.CharField(max_length=30, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="promotion_requests"
    )
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="promotion_requests")
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="pending"), name="one_open_promotion_per_user"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.user}"


@audited(code="task_code")
class TaskHandOver(models.Model):
    """Who has an open task that somebody else began; the task itself stays as it is."""

    code_field = "pk"
    warehouse_paths = ("warehouse",)

    kind = models.CharField(max_length=30)
    task_code = models.CharField("task", max_length=50)
    title = models.CharField(max_length=200)
    warehouse = models.ForeignKey(
        Warehouse, models.SET_NULL, null=True, blank=True, related_name="task_hand_overs"
    )
    from_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="taken_over_tasks"
    )
    note = models.CharField(max_length=500, blank=True)
    handed_over_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    handed_over_at = models.DateTimeField()

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "task handed over"
        verbose_name_plural = "tasks handed over"
        ordering = ["-handed_over_at"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "task_code"], name="task_handed_over_once")
        ]

    def __str__(self) -> str:
        return f"{self.title} to {self.to_user}"
