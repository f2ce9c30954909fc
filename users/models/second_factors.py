"""Codes of an authenticator app beside the password."""

from django.conf import settings
from django.db import models

from common.audit import audited, not_audited
from common.sealed import SealedField


@audited(secret=("secret",), ignored=("last_step",))
class SecondFactor(models.Model):
    """The secret that a person's authenticator app shares; asked for once it is confirmed."""

    code_field = "pk"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="second_factor"
    )
    secret = SealedField(help_text="Base 32, as apps take it, sealed.")
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.BigIntegerField(
        default=0, help_text="The half minute of the last code that was used."
    )

    def __str__(self) -> str:
        return f"second factor of {self.user}"


@not_audited("A code is used up once; the factor that it belongs to is recorded.")
class RecoveryCode(models.Model):
    """A code for somebody who has lost the app: good once, stored as a hash."""

    factor = models.ForeignKey(SecondFactor, models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factor", "code_hash"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.factor.user}"
