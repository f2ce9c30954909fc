"""Refusals say what to do, in one shape, whoever words them."""

import pytest
from rest_framework.test import APIClient

from inventory.models import Product

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code", "told"),
    [
        ("delete", "/api/stocks/", {}, 405, "method_not_allowed", "Allow"),
        ("get", "/api/stocks/", {"Accept": "image/png"}, 406, "not_acceptable", "application/json"),
        (
            "post", "/api/products/", {"Content-Type": "application/xml"},
            415, "unsupported_media_type", "application/json",
        ),
    ],
)  # fmt: skip
def test_the_frameworks_own_errors_name_a_remedy(api, method, path, headers, status, code, told):
    answer = api("admin").generic(
        method.upper(), path, b"<x/>", headers.get("Content-Type", ""), headers=headers
    )

    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert list(body) == ["error", "message", "code", "details"]
    assert told in body["message"]


def test_who_is_not_signed_in_is_told_where(client):
    answer = APIClient().get("/api/stocks/")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert "/api/auth/login/" in answer.json()["message"]
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_who_lacks_a_permission_is_told_which_and_who_has_it(api):
    answer = api("viewer").post("/api/products/", {"name": "Ladder"})

    assert answer.status_code == 403
    assert answer.json()["message"] == (
        "This needs the permission manage_catalogue, which you lack here. "
        "Roles that have it: admin, manager."
    )
    assert Product.objects.count() == 0
