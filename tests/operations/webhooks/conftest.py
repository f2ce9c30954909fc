import pytest
from django.utils import timezone

from operations.models import WebhookDelivery, WebhookHealth
from tests.receiver import running_receiver


@pytest.fixture
def receiver(settings):
    """Somebody else's web server on this machine, which the operator allows."""
    with running_receiver() as running:
        settings.WEBHOOK_ALLOWED_HOSTS = [running.host]
        yield running


@pytest.fixture
def let_time_pass():
    """Return a function that makes whatever waits due: pauses and leases are over."""

    def pass_by():
        WebhookDelivery.objects.filter(status="pending").update(next_attempt_at=timezone.now())
        WebhookHealth.objects.update(paused_until=None)

    return pass_by
