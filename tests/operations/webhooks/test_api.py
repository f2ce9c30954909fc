"""Webhooks over HTTP."""

import pytest

from common.models import IdempotencyRecord
from common.sealed import unseal
from operations.models import Webhook, WebhookDelivery
from operations.tasks import deliver_webhooks
from operations.webhooks.delivery import claim
from operations.webhooks.event_types import event_types
from tests.common.test_outbound import MALFORMED, REFUSED_LITERALS
from tests.factories.warehouses import WarehouseFactory
from tests.factories.webhooks import make_delivery, make_webhook

pytestmark = pytest.mark.django_db
PATH = "/api/webhooks/"
BODY = {"name": "ERP", "url": "https://erp.example.com/hook", "event_types": ["stock.low"]}


@pytest.fixture
def client(api):
    return api("admin")


def test_created_webhook_shows_its_secret_once(client):
    place = WarehouseFactory()

    answer = client.post(PATH, {**BODY, "warehouse": place.code})

    body, hook = answer.json(), Webhook.objects.get()
    assert answer.status_code == 201
    assert body["secret"] == unseal(hook, "secret")
    assert body["secret"].startswith("whsec_")
    assert {name: body[name] for name in ("name", "url", "event_types", "warehouse")} == {
        **BODY, "warehouse": place.code,
    }  # fmt: skip
    assert (body["is_active"], body["created_by"]) == (True, client.user.code)
    for shown in (client.get(PATH), client.get(f"{PATH}{hook.pk}/")):
        assert "secret" not in shown.content.decode().replace("previous_secret_until", "")
    assert body["secret"] not in hook.secret


def test_secret_is_stored_with_no_answer(client):
    answer = client.post(PATH, BODY, HTTP_IDEMPOTENCY_KEY="once")
    client.post(f"{PATH}{answer.json()['id']}/rotate-secret/", HTTP_IDEMPOTENCY_KEY="twice")
    tried = client.post(f"{PATH}{answer.json()['id']}/test/", HTTP_IDEMPOTENCY_KEY="thrice")

    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["thrice"]
    again = client.post(f"{PATH}{answer.json()['id']}/test/", HTTP_IDEMPOTENCY_KEY="thrice")
    assert (again.json(), WebhookDelivery.objects.count()) == (tried.json(), 1)


@pytest.mark.parametrize("url", [url for url in REFUSED_LITERALS + MALFORMED if "\x00" not in url])
def test_address_that_must_not_be_asked_is_refused_on_its_field(client, url):
    hook, _ = make_webhook()

    made = client.post(PATH, {**BODY, "url": url})
    changed = client.patch(f"{PATH}{hook.pk}/", {"url": url})

    for answer in (made, changed):
        assert (answer.status_code, list(answer.json()["details"])) == (400, ["url"])
    assert list(Webhook.objects.values_list("url", flat=True)) == ["https://example.com/hook"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event_types": []}, "event_types"),
        ({"event_types": ["stock.lost"]}, "event_types"),
        ({"event_types": "stock.low"}, "event_types"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"url": None}, "url"),
        ({"warehouse": "WH-NONE"}, "warehouse"),
        ({"is_active": "perhaps"}, "is_active"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(client, change, field):
    answer = client.post(PATH, {**BODY, **change})

    assert answer.status_code == 400
    assert list(answer.json()["details"])[0].startswith(field)
    assert not Webhook.objects.exists()


def test_change_names_what_it_changed_and_keeps_the_rest(client):
    hook, secret = make_webhook("stock.low", "stock.out")

    answer = client.patch(f"{PATH}{hook.pk}/", {"event_types": ["*", "stock.low", "*"]})

    assert answer.status_code == 200
    assert answer.json()["event_types"] == ["*", "stock.low"]
    assert answer.json()["updated_fields"] == ["event_types"]
    hook.refresh_from_db()
    assert (hook.name, unseal(hook, "secret")) == ("ERP", secret)


def test_stale_change_is_refused(client):
    hook, _ = make_webhook()
    tag = client.get(f"{PATH}{hook.pk}/")["ETag"]
    client.patch(f"{PATH}{hook.pk}/", {"name": "First"})

    answer = client.patch(f"{PATH}{hook.pk}/", {"name": "Second"}, HTTP_IF_MATCH=tag)

    assert answer.status_code == 412
    assert Webhook.objects.get().name == "First"


def test_deliveries_leave_the_version_of_a_webhook(client, receiver):
    hook, _ = make_webhook(url=receiver.url)
    tag = client.get(f"{PATH}{hook.pk}/")["ETag"]
    receiver.status = 500
    make_delivery(hook)
    deliver_webhooks()

    answer = client.get(f"{PATH}{hook.pk}/")
    assert (answer["ETag"], answer.json()["failing_since"] is None) == (tag, False)


def test_switching_off_gives_up_what_waits(client):
    hook, _ = make_webhook()
    waiting = make_delivery(hook)

    assert client.patch(f"{PATH}{hook.pk}/", {"is_active": False}).status_code == 200

    waiting.refresh_from_db()
    assert (waiting.status, waiting.error) == ("dead", "The webhook was switched off.")
    answer = client.post(f"{PATH}{hook.pk}/deliveries/{waiting.pk}/redeliver/")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_rotation_shows_the_new_secret_once(client):
    hook, secret = make_webhook()

    answer = client.post(f"{PATH}{hook.pk}/rotate-secret/")

    hook.refresh_from_db()
    assert answer.status_code == 200
    assert answer.json()["secret"] == unseal(hook, "secret") != secret
    assert unseal(hook, "previous_secret") == secret
    assert answer.json()["previous_secret_until"] is not None


def test_deleting_takes_the_log_along(client):
    hook, _ = make_webhook()
    make_delivery(hook)

    assert client.delete(f"{PATH}{hook.pk}/").status_code == 204

    assert (Webhook.objects.count(), WebhookDelivery.objects.count()) == (0, 0)


def test_ping_is_queued_and_shown_among_the_deliveries(client):
    hook, _ = make_webhook()

    answer = client.post(f"{PATH}{hook.pk}/test/")

    assert (answer.status_code, answer.json()["event_type"]) == (202, "webhook.ping")
    [row] = client.get(f"{PATH}{hook.pk}/deliveries/").json()["deliveries"]
    assert (row["id"], row["status"], row["attempts"]) == (answer.json()["id"], "pending", 0)
    assert client.get(f"{PATH}{hook.pk}/deliveries/{row['id']}/").json()["body"] == row["body"]


def test_redelivery_keeps_the_id(client):
    hook, _ = make_webhook()
    row = make_delivery(hook, status="delivered", attempts=3)

    answer = client.post(f"{PATH}{hook.pk}/deliveries/{row.pk}/redeliver/")

    assert answer.status_code == 200
    assert (answer.json()["event_id"], answer.json()["status"], answer.json()["attempts"]) == (
        row.event_id, "pending", 0,
    )  # fmt: skip


def test_all_dead_events_of_a_webhook_are_sent_again(client):
    hook, _ = make_webhook()
    dead = [make_delivery(hook, status="dead", attempts=8) for _ in range(2)]
    kept = [make_delivery(hook, status="delivered"), make_delivery(status="dead")]

    answer = client.post(f"{PATH}{hook.pk}/redeliver-dead/")

    assert (answer.status_code, answer.json()["redelivered"]) == (200, 2)
    for row in (*dead, *kept):
        row.refresh_from_db()
    assert [(row.status, row.attempts) for row in dead] == [("pending", 0)] * 2
    assert [row.status for row in kept] == ["delivered", "dead"]
    assert claim(set()) == dead[0]


def test_dead_events_of_a_webhook_that_is_off_stay(client):
    hook, _ = make_webhook(is_active=False)
    dead = make_delivery(hook, status="dead")

    answer = client.post(f"{PATH}{hook.pk}/redeliver-dead/")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    dead.refresh_from_db()
    assert dead.status == "dead"


def test_delivery_that_is_being_sent_is_left(client):
    hook, _ = make_webhook()
    row = make_delivery(hook)
    claim(set())

    answer = client.post(f"{PATH}{hook.pk}/deliveries/{row.pk}/redeliver/")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    row.refresh_from_db()
    assert row.attempts == 1


def test_delivery_of_another_webhook_is_not_there(client):
    hook, _ = make_webhook()
    other = make_delivery()

    for method, path in (("get", ""), ("post", "redeliver/")):
        answer = getattr(client, method)(f"{PATH}{hook.pk}/deliveries/{other.pk}/{path}")
        assert answer.status_code == 404
    assert client.get(f"{PATH}999999/deliveries/").status_code == 404


def test_deliveries_are_filtered(client):
    hook, _ = make_webhook()
    failed = make_delivery(hook, status="dead", response_status=500)
    make_delivery(hook, status="delivered", response_status=200, event_type="stock.low")
    path = f"{PATH}{hook.pk}/deliveries/"

    for query in ("status=dead", "response_status=500", "event_type=product.created",
                  f"event_id={failed.event_id}"):  # fmt: skip
        rows = client.get(f"{path}?{query}").json()["deliveries"]
        assert [row["id"] for row in rows] == [failed.pk], query
    assert client.get(f"{path}?end_date=2000-01-01").json()["deliveries"] == []
    for query in ("status=lost", "state=dead", "start_date=soon"):
        assert client.get(f"{path}?{query}").status_code == 400


@pytest.mark.parametrize("item_count", [1, 3])
def test_lists_take_a_literal_number_of_queries(client, item_count, django_assert_num_queries):
    for number in range(item_count):
        make_webhook(name=f"Hook {number}", warehouse=WarehouseFactory())
    hook = Webhook.objects.first()
    for _ in range(item_count):
        make_delivery(hook)

    with django_assert_num_queries(1):
        hooks = client.get(PATH)
    with django_assert_num_queries(2):
        rows = client.get(f"{PATH}{hook.pk}/deliveries/")

    assert [len(hooks.json()["webhooks"]), len(rows.json()["deliveries"])] == [item_count] * 2


def test_event_types_are_listed_with_examples(client):
    listed = client.get(f"{PATH}event-types/").json()["event_types"]

    assert [one["name"] for one in listed] == list(event_types())
    assert all(one["example"]["type"] == one["name"] and one["description"] for one in listed)
