"""What operations keeps of its own."""

from operations.models.price_lists import PriceListRun, SupplierPriceFeed
from operations.models.records import (
    ImportJob,
    ImportMarkedPart,
    ImportPart,
    JobRun,
    OrderImport,
    StreamEvent,
)
from operations.models.webhooks import Webhook, WebhookDelivery, WebhookHealth

__all__ = [
    "ImportJob",
    "ImportMarkedPart",
    "ImportPart",
    "JobRun",
    "OrderImport",
    "PriceListRun",
    "StreamEvent",
    "SupplierPriceFeed",
    "Webhook",
    "WebhookDelivery",
    "WebhookHealth",
]
