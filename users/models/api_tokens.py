"""Tokens for scripts."""

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from common.audit import audited
from common.references import ReferenceQuerySet


class ApiTokenQuerySet(ReferenceQuerySet):
    def visible_to(self, user: Any) -> Self:
        """A person's own; nobody's API shows another's."""
        return self.filter(user_id=user.pk)

    def in_force(self) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


@audited(secret=("token_hash",), ignored=("last_used_at",))
class ApiToken(models.Model):
    """A secret with which a script acts as its owner, within the token's scopes.

    The secret is shown once; here stand its hash, and its beginning to recognise it by.
    """

    code_field = "pk"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="What it is for.")
    prefix = models.CharField(max_length=11)
    token_hash = models.CharField(max_length=64, unique=True)
    is_read_only = models.BooleanField(default=False)
    permissions = ArrayField(
        models.CharField(max_length=40), default=list, blank=True,
        help_text="What it may do; empty: whatever its owner may.",
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def scopes(self) -> list[str]:
        """What the token may do, as a request names it."""
        read = ["read"] if self.is_read_only else []
        return [*read, *self.permissions] or ["all"]
