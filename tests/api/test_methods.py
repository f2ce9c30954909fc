"""Methods that a path does not have, and formats that a file does not have."""

import pytest
from rest_framework.test import APIClient

from inventory.models import StockMovement
from tests.factories.inventory import put_in_stock

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("delete", "/api/stock-movements/"),
        ("put", "/api/stocks/"),
        ("post", "/api/schedule/"),
        ("trace", "/api/suppliers/"),
    ],
)
def test_method_that_a_path_has_not_is_named_with_those_it_has(api, method, path):
    put_in_stock()

    answer = api("admin").generic(method.upper(), path)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer["Allow"]
    assert method.upper() not in answer["Allow"]
    assert StockMovement.objects.count() == 1


def test_nobody_learns_which_methods_there_are():
    assert APIClient().delete("/api/stock-movements/").status_code == 401


@pytest.mark.parametrize("kind", ["products", "stocks", "suppliers", "low-stock-thresholds"])
def test_a_file_of_an_import_is_no_json(api, kind):
    client = api("admin")

    refused = client.get(f"/api/{kind}/export/?format=json")
    told = client.get(f"/api/{kind}/export/", headers={"Accept": "application/json"})

    assert (refused.status_code, list(refused.json()["details"])) == (400, ["format"])
    assert (told.status_code, told["Content-Type"]) == (200, "text/csv; charset=utf-8")
