"""Price lists and their feeds over HTTP."""

import csv
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from operations.models import PriceListRun, SupplierPriceFeed
from operations.tasks import take_price_feed
from tests.operations.price_lists.lists import LIST, put, source, terms

PATH = "/api/suppliers/ACME/price-lists/"
FEED = "/api/suppliers/ACME/price-feed/"


def send(client, content, **fields):
    file = SimpleUploadedFile("list.csv", content.encode())
    return client.post(PATH, {"file": file, **fields}, format="multipart")


def test_api_checks_takes_and_tells(api, supplier):
    row = source(supplier, "A-1", "10")
    client = api("manager")
    content = LIST + "A-1,,15,\nNOPE,,1,\n"

    checked = send(client, content)
    assert checked.status_code == 201
    assert checked.json()["message"].startswith("Checked: nothing was written.")
    assert terms()[0][0] == 10
    taken = send(client, content, dry_run="false")
    body = taken.json()

    assert taken.status_code == 201
    assert body["message"] == "Price list taken: 1 changed."
    assert body["created_by"] == client.user.code
    assert (body["changed"], body["unknown"], body["jumps"]) == (1, 1, 1)
    assert body["lines"][0]["product_id"] == row.product.code
    assert terms()[0][0] == 15
    detail = client.get(f"/api/price-list-runs/{body['id']}/").json()
    assert {name: detail[name] for name in body if name != "message"} == {
        name: body[name] for name in body if name != "message"
    }
    again = send(client, content, dry_run="false")
    assert (again.status_code, again.json()["code"]) == (409, "price_list_taken")
    listed = client.get(PATH).json()["price_list_runs"]
    assert [one["state"] for one in listed] == ["applied", "checked"]
    assert "lines" not in listed[0]


def test_api_refuses_a_list_with_a_wrong_row_by_its_line(api, supplier):
    source(supplier, "A-1", "10")

    answer = send(api("manager"), LIST + "A-1,,ten,\n", dry_run="false")

    assert (answer.status_code, answer.json()["code"]) == (400, "rows_refused")
    assert answer.json()["details"]["rows"][0]["line"] == 2
    assert terms()[0][0] == 10


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"columns": "[]"}, "columns"),
        ({"columns": "no json"}, "columns"),
        ({"columns": '{"colour": "x"}'}, "columns"),
        ({"columns": '{"sku": ""}'}, "columns"),
        ({"columns": '{"sku": 5}'}, "columns"),
        ({"delimiter": "slash"}, "delimiter"),
        ({"decimal": ";"}, "decimal"),
        ({"jump_percent": "-1"}, "jump_percent"),
        ({"jump_percent": "NaN"}, "jump_percent"),
        ({"dry_run": "perhaps"}, "dry_run"),
        ({"file": "text"}, "file"),
    ],
)
def test_api_refuses_what_it_does_not_understand(api, supplier, fields, field):
    answer = send(api("manager"), LIST + "A-1,,1,\n", **fields)

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]
    assert not PriceListRun.objects.exists()


def test_api_reads_a_list_as_the_feed_says_unless_told_otherwise(api, supplier):
    source(supplier, "A-1", "10")
    client = api("manager")
    answer = client.put(
        FEED,
        {
            "kind": "url", "url": "https://lists.example.com/a.csv", "jump_percent": 50,
            "columns": {"cost_per_unit": "Netto"},
        },
    )  # fmt: skip
    assert answer.status_code == 200, answer.json()

    by_feed = send(client, "code,Netto\nA-1,14\n").json()
    told = send(
        client, "code,Brutto\nA-1,14\n",
        columns=json.dumps({"cost_per_unit": "Brutto"}), jump_percent="40",
    ).json()  # fmt: skip

    assert (by_feed["changed"], by_feed["jumps"]) == (1, 0)
    assert (told["changed"], told["jumps"]) == (1, 1)


def test_report_is_a_file_that_runs_no_formula(api, supplier):
    client = api("manager")
    run = send(client, LIST + "=1+1,,5,\n").json()

    answer = client.get(f"/api/price-list-runs/{run['id']}/report/")

    assert answer["Content-Disposition"] == f'attachment; filename="price-list-{run["id"]}.csv"'
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
    assert rows[0]["supplier_product_code"] == "'=1+1"
    assert rows[0]["problem"] == "No product of this supplier has this code or SKU."


def test_feed_is_set_read_changed_and_removed(api, supplier, base):
    client = api("manager")
    assert client.get(FEED).status_code == 404
    set_up = client.put(FEED, {"kind": "folder", "folder": "acme", "delimiter": "semicolon"})

    assert set_up.status_code == 200
    assert sorted(set_up.json()["updated_fields"]) == ["delimiter", "folder", "kind"]
    told = client.get(FEED).json()
    assert {name: told[name] for name in told.keys() - {"updated_at"}} == {
        "supplier_id": "ACME",
        "kind": "folder",
        "folder": "acme",
        "url": "",
        "columns": {},
        "encoding": "",
        "delimiter": "semicolon",
        "decimal": "",
        "jump_percent": 20,
        "is_active": True,
        "looked_at": None,
        "changed_by": client.user.code,
    }
    assert client.patch(FEED, {"is_active": False}).json()["delimiter"] == "semicolon"
    refused = client.patch(FEED, {"folder": "../x"})
    assert (refused.status_code, list(refused.json()["details"])) == (400, ["folder"])
    assert SupplierPriceFeed.objects.get().folder == "acme"
    assert client.delete(FEED).status_code == 204
    assert client.delete(FEED).status_code == 404


def test_fetching_asks_the_worker_once_and_the_worker_takes_the_list(
    api, supplier, base, feed, django_capture_on_commit_callbacks
):
    source(supplier, "A-1", "10")
    put(base / "acme", "a.csv", LIST + "A-1,,11,\n")
    client = api("manager")

    with django_capture_on_commit_callbacks() as asked:
        answer = client.post(f"{FEED}fetch/")

    assert (answer.status_code, len(asked)) == (202, 1)
    assert asked[0].args == (feed.pk, client.user.pk)
    assert take_price_feed(*asked[0].args) == 1
    assert terms()[0][0] == 11


@pytest.mark.parametrize(
    "path",
    [
        "/api/suppliers/NOPE/price-lists/",
        "/api/suppliers/NOPE/price-feed/",
        "/api/price-list-runs/999999/",
        "/api/price-list-runs/999999/report/",
    ],
)
def test_unknown_suppliers_and_runs_are_not_found(api, supplier, path):
    assert api("manager").get(path).status_code == 404


@pytest.mark.parametrize("role", ["staff", "sales", "viewer"])
def test_only_those_who_manage_the_catalogue_may(api, supplier, role):
    client = api(role)

    assert send(client, LIST + "A-1,,1,\n").status_code == 403
    assert client.put(FEED, {"kind": "folder", "folder": "acme"}).status_code == 403
    assert client.get("/api/price-list-runs/").status_code == 403
    assert not PriceListRun.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_runs_takes_one_query(api, supplier, take, django_assert_num_queries, count):
    source(supplier, "A-1", "10")
    for number in range(count):
        take(LIST + f"A-1,,{number + 11},\n")
    client = api("manager")

    with django_assert_num_queries(1):
        found = client.get("/api/price-list-runs/?state=applied").json()["price_list_runs"]

    assert len(found) == count
