"""Web pages of other origins: only those that the installation names."""

import pytest

pytestmark = pytest.mark.django_db
SHOP = "https://shop.example.com"


@pytest.fixture(autouse=True)
def shop_is_allowed(settings):
    settings.CORS_ALLOWED_ORIGINS = [SHOP]


def preflight(client, origin, path="/api/stocks/"):
    return client.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization, if-match, idempotency-key",
        },
    )


def test_a_named_origin_may_ask_with_our_headers(client):
    answer = preflight(client, SHOP)

    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == SHOP
    allowed = answer["Access-Control-Allow-Headers"].replace(" ", "").lower().split(",")
    assert {"authorization", "if-match", "idempotency-key", "content-type"} <= set(allowed)
    assert "PATCH" in answer["Access-Control-Allow-Methods"]
    assert not answer.has_header("Access-Control-Allow-Credentials")


def test_a_named_origin_may_read_our_headers(api):
    answer = api("viewer").get("/api/stocks/", headers={"Origin": SHOP})

    assert answer["Access-Control-Allow-Origin"] == SHOP
    exposed = answer["Access-Control-Expose-Headers"].replace(" ", "").split(",")
    assert {"ETag", "Retry-After", "Idempotent-Replayed", "X-Request-ID"} <= set(exposed)
    assert "Content-Disposition" in exposed  # the name of a file that was asked for


@pytest.mark.parametrize("origin", ["https://evil.example.com", f"{SHOP}.evil.com", "null"])
def test_other_origins_get_no_leave(client, origin):
    answer = preflight(client, origin)

    assert not answer.has_header("Access-Control-Allow-Origin")


def test_only_the_api_is_open_to_them(client):
    assert not preflight(client, SHOP, "/admin/").has_header("Access-Control-Allow-Origin")
