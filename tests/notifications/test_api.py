import pytest

from tests.factories.notifications import NotificationFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("item_count", [1, 3])
def test_list_holds_own_messages_in_a_literal_number_of_queries(
    api, item_count, django_assert_num_queries
):
    client = api("viewer")
    rows = NotificationFactory.create_batch(item_count, recipient=client.user)
    NotificationFactory()

    with django_assert_num_queries(1):
        answer = client.get("/api/notifications/")

    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["notifications"]] == [
        row.pk for row in reversed(rows)
    ]
    assert answer.json()["pagination"]["total_items"] == item_count


def test_reading_marks_the_message_once(api):
    client = api("staff")
    row = NotificationFactory(recipient=client.user)

    first = client.post(f"/api/notifications/{row.pk}/read/")
    again = client.post(f"/api/notifications/{row.pk}/read")

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["is_read"] is True
    assert first.json()["read_at"] == again.json()["read_at"]
    assert client.get("/api/notifications/?unread=true").json()["notifications"] == []


def test_another_persons_message_is_not_there(api):
    row = NotificationFactory()
    client = api("admin")

    assert client.get(f"/api/notifications/{row.pk}/").status_code == 404
    assert client.post(f"/api/notifications/{row.pk}/read/").status_code == 404
    assert client.post("/api/notifications/read-all/").json()["updated"] == 0
    row.refresh_from_db()
    assert row.read_at is None


def test_read_all_marks_what_is_unread(api):
    client = api("sales")
    NotificationFactory.create_batch(2, recipient=client.user)

    assert client.post("/api/notifications/read-all/").json()["updated"] == 2
    assert client.post("/api/notifications/read-all/").json()["updated"] == 0


def test_unknown_parameter_is_refused_by_name(api):
    answer = api("viewer").get("/api/notifications/?unred=true")

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["unred"]
