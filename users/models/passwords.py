"""Links by which people choose a new password."""

from django.conf import settings
from django.db import models

from common.audit import not_audited


@not_audited("It is itself the record of a link; what it led to is recorded with the account.")
class PasswordReset(models.Model):
    """One link to choose a new password: good once, for a while.

    The secret in the link is derived from this row, the present password and the server's key when
    the mail is written: it stands nowhere.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d %H:%M}"
