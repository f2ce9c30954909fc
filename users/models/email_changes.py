"""Links by which people confirm a new e-mail address."""

from django.conf import settings
from django.db import models

from common.audit import not_audited


@not_audited("It is itself the record of a link; the new address is recorded with the account.")
class EmailChange(models.Model):
    """An address that somebody wants to have instead of theirs, until a link mailed to it is used.

    The secret in the link stands nowhere, as with PasswordReset.
    """

    link_salt = "users.email_change"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    email = models.EmailField(max_length=254)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d %H:%M}"
