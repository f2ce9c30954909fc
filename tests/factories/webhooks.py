from operations.models import Webhook, WebhookDelivery
from operations.webhooks.services import create_webhook, ping_webhook
from tests.factories.users import UserFactory


def make_webhook(*event_types, url="https://example.com/hook", **fields) -> tuple[Webhook, str]:
    """Make a webhook through the service; return it with its secret."""
    return create_webhook(
        name=fields.pop("name", "ERP"),
        url=url,
        event_types=event_types or ["*"],
        acting_user=fields.pop("acting_user", None) or UserFactory(role="admin"),
        **fields,
    )


def make_delivery(hook=None, **fields) -> WebhookDelivery:
    """Make a ping for a webhook, then write what the test wants of it."""
    hook = hook or make_webhook()[0]
    delivery = ping_webhook(webhook=hook, acting_user=None)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        **{"event_type": "product.created", **fields}
    )
    delivery.refresh_from_db()
    return delivery
