"""What the web server answers where streams of events are asked for, and the ids of events."""

from datetime import UTC, datetime

import pytest

from operations.live.position import Position, read_event_id
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
EVENTS_URL = "https://live.example.com/api/events/"


def test_web_server_leads_to_the_event_process(api, settings):
    settings.EVENTS_URL = EVENTS_URL
    client = api("staff", warehouse := WarehouseFactory())

    answer = client.get(f"/api/events/?topics=stock&warehouse={warehouse.code}")

    assert answer.status_code == 307
    assert answer["Location"] == f"{EVENTS_URL}?topics=stock&warehouse={warehouse.code}"


def test_web_server_that_is_told_to_lead_to_itself_says_so(api, settings):
    settings.EVENTS_URL = "http://testserver/api/events/"

    answer = api("staff").get("/api/events/")

    assert (answer.status_code, answer.json()["code"]) == (503, "streams_elsewhere")


def test_errors_are_json_also_for_those_who_accept_events_alone(api):
    answer = api("staff").get("/api/events/?topics=weather", HTTP_ACCEPT="text/event-stream")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert set(answer.json()["details"]) == {"topics"}


def test_status_names_the_address_of_events(api, settings):
    settings.EVENTS_URL = EVENTS_URL
    client = api("staff")
    client.force_login(client.user)

    assert client.get("/api/auth/status/").json()["events_url"] == EVENTS_URL


def test_event_id_is_read_as_it_was_written():
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    event_id = Position(4711, 1, 23).event_id(at)

    assert event_id == "4711-1-23-1772366400"
    mark = read_event_id(event_id)
    assert (mark.position, mark.at) == (Position(4711, 1, 23), at)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1-1-1", "1-1-1-1-1", "-1-1-1-1", "1-1-1-99999999999999", "١-1-1-1", "1-22-1-1"],
)
def test_strange_event_id_is_none(text):
    assert read_event_id(text) is None


def test_positions_are_in_the_order_of_transaction_table_and_row():
    mixed = [Position(2, 1, 1), Position(1, 2, 1), Position(2), Position(1), Position(1, 1, 9)]

    assert sorted(mixed) == [
        Position(1), Position(1, 1, 9), Position(1, 2, 1), Position(2), Position(2, 1, 1),
    ]  # fmt: skip
