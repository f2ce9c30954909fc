"""People who sign in."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone

from common.audit import NumberCode, audited
from common.permissions import OF_ROLES_ALONE, ROLE_PERMISSIONS, Can, Role
from common.references import as_primary_key
from common.time_zones import clock_of
from common.validators import phone_number
from users.models.passwords import PasswordReset
from users.names import plain_name, user_name
from users.password_rules import normal_password, spellings_of

USER_CODE = re.compile(r"^USR(\d{3,18})\Z", re.IGNORECASE)
PUBLISHED_PASSWORDS = frozenset(f"{role.value}123" for role in Role)


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: "User") -> "UserQuerySet":
        """An admin sees all; who may see people, those of shared warehouses; others, self.

        Who asks to work in a warehouse is seen there until somebody lets them in elsewhere.
        """
        if user.can(Can.SEE_ALL_WAREHOUSES):
            return self
        if not user.can(Can.VIEW_PEOPLE):
            return self.filter(pk=user.pk)
        own = user.warehouse_memberships.values("warehouse")
        asking = User.objects.filter(
            registration__warehouse__in=own, registration__state__in=("pending", "rejected")
        ).values("pk")
        return self.filter(Q(pk__in=colleagues_of(user)) | Q(pk__in=asking) | Q(pk=user.pk))

    def known_by_sight_to(self, user: "User") -> "UserQuerySet":
        """Narrow to those whose picture somebody may see: also the colleagues still here."""
        seen = Q(pk__in=User.objects.visible_to(user).values("pk"))
        return self.filter(seen | Q(pk__in=colleagues_of(user), status=User.Status.ACTIVE))

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

    def invited(self) -> "UserQuerySet":
        """Those who may sign in as soon as they choose a password, by an invitation."""
        links = PasswordReset.objects.invitations().filter(user=OuterRef("pk"))
        return self.active().filter(Exists(links), password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def locked(self) -> "UserQuerySet":
        """Those who may not sign in for now: by an administrator, or by wrong passwords."""
        return self.filter(
            Q(account_locked=True)
            | Q(
                failed_login_attempts__gte=settings.SIGN_IN_ATTEMPTS_PER_ACCOUNT,
                attempts_end_at__gt=timezone.now(),
            )
        )

    def who_can(self, permission: Can) -> "UserQuerySet":
        """Active users who have a permission by their role or a group."""
        able = Q(role__in=[role for role, can in ROLE_PERMISSIONS.items() if permission in can])
        if permission not in OF_ROLES_ALONE:
            able |= Q(extra_permissions__contains=[permission.value])
        return self.active().filter(able)


def colleagues_of(user: "User") -> Any:
    """Return the keys of those who work in one of somebody's warehouses."""
    own = user.warehouse_memberships.values("warehouse")
    return User.objects.filter(warehouse_memberships__warehouse__in=own).values("pk")


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


@audited(
    code=NumberCode("USR", digits=3),
    secret=("password",),
    ignored=("last_login", "failed_login_attempts", "attempts_end_at"),
)
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
    # What an API token narrows its owner's rights to, for the request that it came with.
    scope: frozenset[Can] | None = None
    # Whether the present request came with an API token, which must not take an account over.
    acts_by_token = False

    username = models.CharField("user name", max_length=150, unique=True, validators=[user_name])
    email = models.EmailField("e-mail address", max_length=254)
    first_name = models.CharField(max_length=50, blank=True, validators=[plain_name])
    last_name = models.CharField(max_length=50, blank=True, validators=[plain_name])
    role = models.CharField(max_length=10, choices=RoleChoice.choices, default=RoleChoice.VIEWER)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    display_name = models.CharField(max_length=100, blank=True, validators=[plain_name])
    phone = models.CharField(max_length=16, blank=True, validators=[phone_number])
    department = models.CharField(max_length=100, blank=True, validators=[plain_name])
    job_title = models.CharField(max_length=100, blank=True, validators=[plain_name])
    timezone = models.CharField(max_length=50, default="UTC")
    # For apps that speak it: what the product itself writes is English.
    language = models.CharField(max_length=10, default="en")
    notify_by_email = models.BooleanField(default=True)
    notify_in_app = models.BooleanField(default=True)
    notify_low_stock = models.BooleanField(default=True)
    failed_login_attempts = models.PositiveIntegerField(default=0)
    attempts_end_at = models.DateTimeField(
        null=True, blank=True, help_text="Until when failed attempts are counted together."
    )
    account_locked = models.BooleanField(
        default=False, help_text="Locked by an administrator, until one unlocks it."
    )
    notes = models.CharField(max_length=500, blank=True)
    extra_permissions = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, editable=False,
        help_text="What own groups add to the role; written with them (users.services.groups).",
    )  # fmt: skip
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
    def locked_until(self) -> datetime | None:
        """When passwords are checked again; None where there were not too many wrong ones."""
        is_used_up = self.failed_login_attempts >= settings.SIGN_IN_ATTEMPTS_PER_ACCOUNT
        ends_at = self.attempts_end_at
        return ends_at if is_used_up and ends_at and ends_at > timezone.now() else None

    @property
    def is_locked(self) -> bool:
        """Whether nobody may sign in for now: by an administrator, or by wrong passwords."""
        return self.account_locked or self.locked_until is not None

    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        """Whether this person may enter the admin site."""
        return Can.USE_BACK_OFFICE in self.granted

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]
        """Whether the role has every right in the admin site."""
        return self.role == Role.ADMIN

    @property
    def clock(self) -> ZoneInfo:
        """The time zone in which this person reads and writes times."""
        return clock_of(self.timezone)

    @property
    def code(self) -> str:
        """The business code, such as USR001."""
        return f"USR{self.pk:03d}"

    def set_password(self, raw_password: Any) -> None:
        """Store a password in its normal form, however it was typed."""
        text = normal_password(raw_password) if isinstance(raw_password, str) else raw_password
        super().set_password(text)

    def check_password(self, raw_password: Any) -> bool:
        """Check a password; those of the demo company are published and open nothing elsewhere."""
        typed = spellings_of(raw_password) if isinstance(raw_password, str) else []
        right = any(super(User, self).check_password(one) for one in typed)
        return right and (settings.DEMO or PUBLISHED_PASSWORDS.isdisjoint(typed))

    def can(self, permission: Can) -> bool:
        """Say whether this person has a permission here and now; who is not active has none."""
        if self.scope is not None and permission not in self.scope:
            return False
        return self.is_active and permission in self.granted

    @property
    def granted(self) -> frozenset[Can]:
        """What role and own groups give, whether or not this person may use it now."""
        of_role = ROLE_PERMISSIONS[Role(self.role)]
        if not self.extra_permissions:
            return of_role
        added = {can for can in Can if can.value in self.extra_permissions}
        return of_role | (added - OF_ROLES_ALONE)
