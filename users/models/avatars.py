"""Pictures of people."""

from django.conf import settings
from django.db import models

from common.audit import audited


@audited(part_of="user", secret=("image",))
class Avatar(models.Model):
    """Somebody's picture, as common.pictures made it: in the database, so that backups have it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="avatar")
    image = models.BinaryField()
    digest = models.CharField(max_length=16)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Picture of {self.user}"
