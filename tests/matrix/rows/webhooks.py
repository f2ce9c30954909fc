"""Webhooks: for admins, and of the whole company."""

from operations.models import Webhook
from tests.factories.webhooks import make_delivery, make_webhook
from tests.matrix.table import Row, shared

OK, MADE, TAKEN, GONE = (f"{status} 403 403 403 403" for status in (200, 201, 202, 204))
PATH = "/api/webhooks/"
HOOK = PATH + "{webhook}/"
DELIVERY = HOOK + "deliveries/{webhook_delivery}/"


@shared
def webhook(place):
    return make_webhook(acting_user=place.admin)[0].pk


@shared
def webhook_delivery(place):
    return make_delivery(Webhook.objects.get(pk=place["webhook"])).pk


def body(place, **fields):
    return {"name": "ERP", "url": "https://example.com/", "event_types": ["*"], **fields}


ROWS = [
    Row("get", PATH, own=OK),
    Row("post", PATH, own=MADE, body=body),
    Row(
        "post", PATH, own=MADE, foreign=MADE,
        body=lambda place: body(place, warehouse=place["warehouse"]),
    ),
    Row("get", PATH + "event-types/", own=OK),
    Row("get", HOOK, own=OK),
    Row("put", HOOK, own=OK, body={"name": "Other"}),
    Row("patch", HOOK, own=OK, body={"name": "Other"}),
    Row("delete", HOOK, own=GONE),
    Row("post", HOOK + "test/", own=TAKEN),
    Row("post", HOOK + "rotate-secret/", own=OK),
    Row("post", HOOK + "redeliver-dead/", own=OK),
    Row("get", HOOK + "deliveries/", own=OK),
    Row("get", DELIVERY, own=OK),
    Row("post", DELIVERY + "redeliver/", own=OK),
]  # fmt: skip
