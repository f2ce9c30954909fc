"""Links by which people choose a new password."""

from typing import Self

from django.conf import settings
from django.db import models

from common.audit import not_audited


class PasswordResetQuerySet(models.QuerySet["PasswordReset"]):
    def invitations(self) -> Self:
        """Invitations that nobody has followed, expired ones included."""
        return self.filter(kind=PasswordReset.Kind.INVITATION, used_at=None)


@not_audited("It is itself the record of a link; what it led to is recorded with the account.")
class PasswordReset(models.Model):
    """One link to choose a new password: good once, for a while.

    The secret in the link is derived from this row, the present address and password and the
    server's key when the mail is written: it stands nowhere.
    """

    class Kind(models.TextChoices):
        RESET = "reset"
        INVITATION = "invitation"

    link_salt = "users.password_reset"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.RESET)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = PasswordResetQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d %H:%M}"
