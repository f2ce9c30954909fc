"""Times of the admin site, by the clock of who looks; the API stays with UTC."""

from datetime import UTC, datetime

import pytest

from tests.admin.pages import filled, in_zone, page_of
from tests.factories.sales import take_order
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "1 Mar 2026, 20:30"),
        ("Asia/Tokyo", "2 Mar 2026, 05:30"),
        ("Mars/Base", "1 Mar 2026, 20:30"),  # a name that is not known any more
    ],
)
def test_a_page_shows_times_by_the_readers_clock(office, zone, shown):
    admin = in_zone(office("admin"), zone)
    person = UserFactory(last_login=MOMENT)

    assert shown in admin.get(page_of(person)).content.decode()


def test_a_time_that_is_typed_is_one_of_the_readers_clock(office, place):
    admin = in_zone(office("admin"), "Asia/Tokyo")
    order = take_order((place.variation, 1), warehouse=place.own)
    body = filled(admin, page_of(order), reserved_until_0="2099-03-02", reserved_until_1="05:30:00")

    assert admin.post(page_of(order), body).status_code == 302

    order.refresh_from_db()
    assert order.reserved_until == datetime(2099, 3, 1, 20, 30, tzinfo=UTC)


def test_the_api_speaks_utc_to_everybody(office):
    admin = in_zone(office("admin"), "Asia/Tokyo")
    person = UserFactory(last_login=MOMENT)

    answer = admin.get(f"/api/users/{person.code}/").json()

    assert answer["last_login"] == "2026-03-01T20:30:00.000000Z"
