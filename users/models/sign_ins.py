"""Sign-ins, and how often somebody tried."""

from django.conf import settings
from django.db import models

from common.audit import not_audited


@not_audited("It is itself the record of who signed in, from where, and until when.")
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
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "sign-in"

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
