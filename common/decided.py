"""Documents that somebody asks for and somebody else decides about."""

from typing import Any

from django.conf import settings
from django.db import models

from common.lawful_steps import LawfulSteps

PERSON: dict[str, Any] = {"null": True, "blank": True, "related_name": "+", "db_index": False}


class Decided(LawfulSteps, models.Model):
    """A numbered document with who asked for it, who decided about it, when and why."""

    code_field = "code"

    code = models.CharField(max_length=30, unique=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.code
