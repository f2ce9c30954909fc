"""One's own account over HTTP."""

import pytest

from tests.factories.warehouses import MembershipFactory

pytestmark = pytest.mark.django_db
PROFILE = "/api/profile/"


def test_profile_and_me_show_the_same(api, place):
    client = api("staff", place)

    body = client.get(PROFILE).json()

    assert body.items() >= client.get("/api/users/me/").json().items()
    assert (body["username"], body["warehouse_access"], body["default_warehouse"]) == (
        client.user.username, ["WH-EAST"], "WH-EAST",
    )  # fmt: skip
    assert (body["avatar"], body["account_locked"], "notes" in body) == (None, False, False)
    assert "can_post_stock" in body["permissions"]


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("form", ["json", "multipart"])
def test_what_is_named_changes_and_nothing_else(api, place, foreign, method, form):
    client = api("staff", place, foreign)
    client.patch(PROFILE, {"first_name": "Jo", "preferences": {"notifications": {"email": False}}})

    answer = getattr(client, method)(
        PROFILE,
        {"department": "Yard", "timezone": "Europe/Berlin", "default_warehouse": "wh-west"},
        format=form,
    )

    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert sorted(body["updated_fields"]) == [
        "default_warehouse", "preferences.timezone", "profile.department",
    ]  # fmt: skip
    assert (body["profile"]["first_name"], body["profile"]["department"]) == ("Jo", "Yard")
    assert body["preferences"]["timezone"] == "Europe/Berlin"
    assert body["preferences"]["notifications"] == {
        "email": False, "in_app": True, "low_stock_alerts": True,
    }  # fmt: skip
    assert body["default_warehouse"] == "WH-WEST"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timezone": "Mars/Base"}, "preferences.timezone"),
        ({"timezone": "../../etc/passwd"}, "preferences.timezone"),
        ({"language": "klingon"}, "preferences.language"),
        ({"preferences": {"notifications": {"email": "perhaps"}}},
         "preferences.notifications.email"),
        ({"first_name": "Jo\u202e"}, "profile.first_name"),
        ({"first_name": "x" * 51}, "profile.first_name"),
        ({"last_name": "Ѕmith"}, "profile.last_name"),
        ({"phone": "12"}, "profile.phone"),
        ({"default_warehouse": "nowhere"}, "default_warehouse"),
        ({"default_warehouse": "wh-west"}, "default_warehouse"),
    ],
)  # fmt: skip
def test_bad_values_are_refused_on_their_field(api, place, foreign, body, field):
    client = api("staff", place)
    before = client.get(PROFILE).json()

    answer = client.patch(PROFILE, body)

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    assert client.get(PROFILE).json() == before


def test_nobody_raises_themselves(api, place, foreign):
    client = api("admin", place)
    client.user.role = "staff"
    client.user.save()

    answer = client.put(
        PROFILE,
        {"role": "admin", "status": "suspended", "username": "root", "email": "root@example.com",
         "warehouse_access": ["WH-WEST"], "password": "StrongPassword!123", "notes": "x"},
    )  # fmt: skip

    client.user.refresh_from_db()
    assert (answer.status_code, client.user.role, client.user.status) == (200, "staff", "active")
    assert (answer.json()["updated_fields"], client.user.username == "root") == ([], False)
    assert client.user.warehouse_memberships.count() == 1


def test_a_stale_version_is_refused(api, place):
    client = api("staff", place)
    tag = client.get(PROFILE).headers["ETag"]
    client.patch(PROFILE, {"department": "Yard"})

    answer = client.patch(PROFILE, {"department": "Dock"}, HTTP_IF_MATCH=tag)

    assert answer.status_code == 412
    client.user.refresh_from_db()
    assert client.user.department == "Yard"


def test_reading_takes_two_queries(api, place, foreign, django_assert_num_queries):
    client = api("staff", place)
    MembershipFactory(user=client.user, warehouse=foreign)

    with django_assert_num_queries(2):
        client.get(PROFILE)


def test_language_is_stored_in_lower_case(api, place):
    answer = api("staff", place).patch(PROFILE, {"language": "pt-BR"})

    assert answer.json()["preferences"]["language"] == "pt-br"
