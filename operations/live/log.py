"""Keeping the log of the event stream short."""

from datetime import timedelta

from django.utils import timezone

from operations.live.events import REACH
from operations.models import StreamEvent

# Longer than a stream reaches back by more than any transaction lasts.
KEPT = REACH + timedelta(days=1)


def purge_stream_events() -> int:
    """Delete what no event stream can be taken up from any more; return how many rows."""
    deleted, _ = StreamEvent.objects.filter(recorded_at__lt=timezone.now() - KEPT).delete()
    return deleted
