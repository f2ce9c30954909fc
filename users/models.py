"""People who sign in."""

import re
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower

from common.permissions import ROLE_PERMISSIONS, Can, Role
from common.references import as_primary_key
from common.validators import phone_number

USER_CODE = re.compile(r"^USR(\d{3,18})\Z", re.IGNORECASE)
user_name = RegexValidator(
    # A name that reads as an address, a code or a primary key could stand for somebody else.
    r"^(?!USR\d+\Z)(?!\d+\Z)[\w.+\-]{2,150}\Z",
    "Use 2 to 150 letters, digits and . + - _ for the user name, not a number or a user code.",
    flags=re.IGNORECASE,
)


PUBLISHED_PASSWORDS = frozenset(f"{role.value}123" for role in Role)


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: "User") -> "UserQuerySet":
        """An admin sees all; who may see people, those of shared warehouses; others, self."""
        if user.can(Can.SEE_ALL_WAREHOUSES):
            return self
        if not user.can(Can.VIEW_PEOPLE):
            return self.filter(pk=user.pk)
        own = user.warehouse_memberships.values("warehouse")
        shared = User.objects.filter(warehouse_memberships__warehouse__in=own).values("pk")
        return self.filter(Q(pk__in=shared) | Q(pk=user.pk))

    def named(self, name: str) -> "UserQuerySet":
        """Narrow to the user of a user name, in any case."""
        return self.alias(lower_name=Lower("username")).filter(lower_name=Lower(Value(name)))

    def signing_in_as(self, name: str) -> "UserQuerySet":
        """Narrow to the user of a user name or an e-mail address, in any case."""
        typed = Lower(Value(name.strip()))
        return self.alias(lower_name=Lower("username"), lower_email=Lower("email")).filter(
            Q(lower_name=typed) | Q(lower_email=typed)
        )

    def by_reference(self, reference: object) -> "UserQuerySet":
        """Narrow to the user of a code such as USR001, a primary key or a user name."""
        text = str(reference).strip()
        code = USER_CODE.match(text)
        key = int(code[1]) if code else as_primary_key(text)
        if key is not None:
            return self.filter(pk=key)
        return self.named(text)

    def active(self) -> "UserQuerySet":
        return self.filter(status=User.Status.ACTIVE, account_locked=False)

    def who_can(self, permission: Can) -> "UserQuerySet":
        """Active users whose role has a permission."""
        roles = [role for role, granted in ROLE_PERMISSIONS.items() if permission in granted]
        return self.active().filter(role__in=roles)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(
        self, username: str, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        user = User(
            username=User.normalize_username(username),
            email=self.normalize_email(email),
            **fields,
        )
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, username: str, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        return self.create_user(username, email, password, role=Role.ADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        user: User = self.signing_in_as(username or "").get()
        return user


class User(AbstractUser):
    """A person with one role; what the role may do stands in common.permissions."""

    class RoleChoice(models.TextChoices):
        ADMIN = Role.ADMIN.value, "Admin"
        MANAGER = Role.MANAGER.value, "Manager"
        STAFF = Role.STAFF.value, "Staff"
        SALES = Role.SALES.value, "Sales"
        VIEWER = Role.VIEWER.value, "Viewer"

    class Status(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        INACTIVE = "inactive"
        SUSPENDED = "suspended"
        DISMISSED = "dismissed"

    code_field = "username"

    username = models.CharField("user name", max_length=150, unique=True, validators=[user_name])
    email = models.EmailField("e-mail address", max_length=254)
    first_name = models.CharField(max_length=50, blank=True)
    last_name = models.CharField(max_length=50, blank=True)
    role = models.CharField(max_length=10, choices=RoleChoice.choices, default=RoleChoice.VIEWER)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    display_name = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=16, blank=True, validators=[phone_number])
    department = models.CharField(max_length=100, blank=True)
    job_title = models.CharField(max_length=100, blank=True)
    timezone = models.CharField(max_length=50, default="UTC")
    language = models.CharField(max_length=10, default="en")
    notify_by_email = models.BooleanField(default=True)
    notify_in_app = models.BooleanField(default=True)
    notify_low_stock = models.BooleanField(default=True)
    failed_login_attempts = models.PositiveIntegerField(default=0)
    account_locked = models.BooleanField(default=False)
    notes = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = UserManager()  # type: ignore[misc]

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.UniqueConstraint(Lower("username"), name="user_name_once"),
        ]
        indexes = [models.Index(fields=["status", "role"], name="user_status_role")]

    def __str__(self) -> str:
        return self.username

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Whether this account may sign in; status and lock are the only truth."""
        return self.status == self.Status.ACTIVE and not self.account_locked

    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        """Whether the role may enter the admin site."""
        return self.role in (Role.ADMIN, Role.MANAGER, Role.STAFF)

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]
        """Whether the role has every right in the admin site."""
        return self.role == Role.ADMIN

    @property
    def code(self) -> str:
        """The business code, such as USR001."""
        return f"USR{self.pk:03d}"

    def check_password(self, raw_password: Any) -> bool:
        """Check a password; those of the demo company are published and open nothing elsewhere."""
        right = super().check_password(raw_password)
        return right and (settings.DEMO or raw_password not in PUBLISHED_PASSWORDS)

    def can(self, permission: Can) -> bool:
        """Say whether the role has a permission; somebody who is not active has none."""
        return self.is_active and permission in ROLE_PERMISSIONS[Role(self.role)]


class SignIn(models.Model):
    """One sign-in and its chain of refresh tokens: only the newest of them is good."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    current_jti = models.CharField(max_length=32)
    previous_jti = models.CharField(max_length=32, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    rotated_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "sign-in"

    def __str__(self) -> str:
        return f"{self.user} {self.started_at:%Y-%m-%d %H:%M}"
