"""Who may do what, as the outside world sees it: every list and every creation, by every role."""

import pytest
from rest_framework.test import APIClient

from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db

ROLES = ("admin", "manager", "staff", "sales", "viewer")
YES, NO = (200,), (403,)
# A creation with an empty body: who may create hears what is missing, others that they may not.
MAY = (400,)

MATRIX = {
    ("get", "/api/products/"): "yes yes yes yes yes",
    ("post", "/api/products/"): "may may no no no",
    ("get", "/api/variations/"): "yes yes yes yes yes",
    ("get", "/api/categories/"): "yes yes yes yes yes",
    ("post", "/api/categories/"): "may may no no no",
    ("get", "/api/suppliers/"): "yes yes yes yes yes",
    ("post", "/api/suppliers/"): "may may no no no",
    ("get", "/api/warehouses/"): "yes yes yes yes yes",
    ("post", "/api/warehouses/"): "may no no no no",
    ("get", "/api/low-stock-thresholds/"): "yes yes yes yes yes",
    ("post", "/api/low-stock-thresholds/"): "may may no no no",
    ("get", "/api/stocks/"): "yes yes yes yes yes",
    ("post", "/api/stocks/assign/"): "may may may no no",
    ("get", "/api/stock-movements/"): "yes yes yes yes yes",
    ("post", "/api/stock-movements/"): "may may may no no",
    ("get", "/api/purchase-orders/"): "yes yes yes no yes",
    ("post", "/api/purchase-orders/"): "may may no no no",
    ("get", "/api/orders/purchase/"): "yes yes yes no yes",
    ("post", "/api/orders/purchase/"): "may may no no no",
    ("get", "/api/sales-orders/"): "yes yes yes yes no",
    ("post", "/api/sales-orders/"): "may may no may no",
    ("get", "/api/sales-returns/"): "yes yes yes yes no",
    ("post", "/api/sales-returns/"): "may may may no no",
    ("get", "/api/alerts/"): "yes yes yes yes yes",
    ("get", "/api/notifications/"): "yes yes yes yes yes",
    ("get", "/api/users/"): "yes yes no no no",
    ("post", "/api/users/"): "may no no no no",
    ("get", "/api/users/me/"): "yes yes yes yes yes",
    ("get", "/api/auth/status/"): "yes yes yes yes yes",
}
EXPECTED = {"yes": YES, "no": NO, "may": MAY}
CASES = [
    (method, path, role, EXPECTED[word])
    for (method, path), words in MATRIX.items()
    for role, word in zip(ROLES, words.split(), strict=True)
]


@pytest.mark.parametrize(("method", "path", "role", "statuses"), CASES)
def test_role_gets_the_expected_answer(api, method, path, role, statuses):
    client = api(role, WarehouseFactory())

    answer = getattr(client, method)(path, **({"data": {}} if method == "post" else {}))

    assert answer.status_code in statuses, answer.content


@pytest.mark.parametrize(("method", "path"), MATRIX)
def test_nobody_gets_anything_without_signing_in(method, path):
    answer = getattr(APIClient(), method)(path)

    assert answer.status_code == 401
    assert answer.json()["code"] in ("not_authenticated", "token_not_valid")
