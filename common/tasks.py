"""Housekeeping that no app owns."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from common.models import IdempotencyRecord

KEEP_ANSWERS = timedelta(days=7)


@shared_task(name="common.purge_idempotency_records")
def purge_idempotency_records() -> int:
    """Delete answers stored longer ago than a week; return how many."""
    deleted, _ = IdempotencyRecord.objects.filter(
        created_at__lt=timezone.now() - KEEP_ANSWERS
    ).delete()
    return deleted
