"""Sign-ins, and how often somebody tried."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.audit import not_audited
from common.references import ReferenceQuerySet


class SignInQuerySet(ReferenceQuerySet):
    def visible_to(self, user: Any) -> Self:
        """A person's own; nobody's API shows another's."""
        return self.filter(user_id=user.pk)

    def of_session(self, session: Any) -> Self:
        """Narrow to the sign-in of a browser's session; of none where there is no session."""
        key = getattr(session, "session_key", None)
        return self.filter(session_key=key) if key else self.none()

    def in_force(self) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


@not_audited("It is itself the record of who signed in, from where, and until when.")
class SignIn(models.Model):
    """One sign-in: a session of a browser, or a chain of refresh tokens (the newest is good)."""

    code_field = "pk"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    current_jti = models.CharField(max_length=32, blank=True)
    previous_jti = models.CharField(max_length=32, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    rotated_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    session_key = models.CharField(
        max_length=40, blank=True, help_text="Of the browser's session; empty: tokens."
    )

    objects = SignInQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "sign-in"
        indexes = [
            models.Index(
                fields=["session_key"], condition=~Q(session_key=""), name="sign_in_of_session"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.started_at:%Y-%m-%d %H:%M}"


@not_audited("Counts tries for a while; what they lead to is recorded with the account.")
class AttemptCount(models.Model):
    """How often something was tried that may be tried so many times until `ends_at`.

    Counted by `users.services.attempts` in one statement, so that no burst gets past a limit.
    """

    key = models.CharField(max_length=64, primary_key=True, help_text="A hash of who tried what.")
    attempts = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
