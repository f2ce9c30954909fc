"""Transfers over HTTP: shapes, rights, and who sees what."""

import pytest

from inventory.models import Stock, StockMovement, TransferRequest
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.transfers import at, make_transfer, transfer_facts
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
PATH = "/api/transfer-requests/"


@pytest.fixture
def ends():
    return WarehouseFactory(code="WH-A"), WarehouseFactory(code="WH-B")


@pytest.fixture
def variation(ends):
    variation = VariationFactory(sku_code="WIDGET-1")
    put_in_stock(variation, ends[0], 100)
    return variation


@pytest.fixture
def admin(api):
    return api("admin")


def test_manager_asks_admin_approves_staff_receives(api, admin, ends, variation):
    manager, clerk = api("manager", ends[1]), api("staff", ends[1])

    asked = manager.post(PATH, {
        "from_warehouse": "wh-a", "to_warehouse": "WH-B", "notes": "Spring sale",
        "items": [{"sku": "widget-1", "quantity": 10}],
    })  # fmt: skip

    assert asked.status_code == 201, asked.content
    body = asked.json()
    assert body["message"] == "Transfer requested successfully"
    assert (body["from_warehouse"], body["to_warehouse"]) == ("WH-A", "WH-B")
    assert (body["status"], body["requested_by"]) == ("pending", manager.user.code)
    assert body["allowed_transitions"] == ["approved", "rejected", "cancelled"]
    assert (body["items"][0]["sku"], body["items"][0]["quantity"]) == ("WIDGET-1", 10)

    approved = admin.post(f"{PATH}approve/", {
        "code": body["code"], "decision": "Approved", "note": "Go",
    })  # fmt: skip

    assert approved.status_code == 200, approved.content
    assert (approved.json()["status"], approved.json()["value_in_transit"]) == ("in_transit", 40)
    assert approved.json()["decision_note"] == "Go"

    received = clerk.post(f"{PATH}{body['code']}/receive/", {
        "items": [{"sku": "WIDGET-1", "quantity_received": 8, "quantity_damaged": 1,
                   "discrepancy": "Wet"}],
    })  # fmt: skip

    assert received.status_code == 200, received.content
    (line,) = received.json()["items"]
    assert received.json()["status"] == "partially_received"
    assert (line["quantity_received"], line["quantity_damaged"]) == (8, 1)
    assert (line["quantity_in_transit"], line["discrepancy"]) == (1, "Wet")

    closed = manager.post(f"{PATH}{body['id']}/close/", {"outcome": "lost", "note": "One gone"})

    assert closed.status_code == 200, closed.content
    assert (closed.json()["status"], closed.json()["value_in_transit"]) == ("closed", 0)
    assert at(ends[1]) == (8, 0)


@pytest.mark.parametrize(
    "body",
    [
        {"source": "WH-A", "destination": "WH-B", "product_id": "P-1", "quantity": 3},
        {"source_warehouse": "WH-A", "destination_warehouse": "WH-B", "sku": "S-1", "quantity": 3},
        {"from_warehouse": "WH-A", "to_warehouse": "WH-B", "lines": [{"sku": "S-1", "qty": 3}]},
    ],
)
def test_other_words_mean_the_same(api, ends, body):
    VariationFactory(sku_code="S-1", product__code="P-1")

    answer = api("manager", ends[0]).post(PATH, body)

    assert answer.status_code == 201, answer.content
    assert answer.json()["items"][0]["quantity"] == 3
    assert answer.json()["items"][0]["sku"] == "S-1"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"to_warehouse": "WH-A"}, 400, "to_warehouse"),
        ({"to_warehouse": "NOWHERE"}, 400, "to_warehouse"),
        ({"from_warehouse": None}, 400, "from_warehouse"),
        ({"items": []}, 400, "items"),
        ({"items": [{"sku": "NO-SUCH", "quantity": 1}]}, 400, "items.0.sku"),
        ({"items": [{"sku": "WIDGET-1", "quantity": 0}]}, 400, "items.0.quantity"),
        ({"items": [{"sku": "WIDGET-1", "quantity": -1}]}, 400, None),
        ({"items": [{"sku": "WIDGET-1", "quantity": "NaN"}]}, 400, None),
        ({"items": [{"sku": "WIDGET-1"}]}, 400, None),
        ({"items": [{"quantity": 1}]}, 400, None),
        ({"items": [{"sku": "WIDGET-1", "quantity": 1}] * 2}, 400, "items.1.sku"),
        ({"items": "x"}, 400, "items"),
        ({"notes": "x" * 501}, 400, "notes"),
        ({"requested_by": "USR99999"}, 400, "requested_by"),
        ({"quantity": 5, "sku": "WIDGET-1"}, 400, "items"),
    ],
)
def test_bad_requests_name_the_field(api, ends, variation, change, status, field):
    body = {
        "from_warehouse": "WH-A", "to_warehouse": "WH-B",
        "items": [{"sku": "WIDGET-1", "quantity": 1}],
    }  # fmt: skip

    answer = api("manager", ends[0]).post(PATH, {**body, **change})

    assert answer.status_code == status, answer.content
    assert field is None or field in answer.json()["details"]
    assert not TransferRequest.objects.exists()


def test_who_belongs_to_neither_end_neither_asks_nor_sees(api, admin, ends, variation):
    stranger = api("manager", WarehouseFactory())
    transfer = make_transfer(source=ends[0], to=ends[1], variations=[variation])
    before = transfer_facts(transfer)
    body = {"from_warehouse": "WH-A", "to_warehouse": "WH-B", "sku": "WIDGET-1", "quantity": 1}

    assert stranger.post(PATH, body).status_code == 400
    assert stranger.get(PATH).json()["pagination"]["total_items"] == 0
    assert stranger.get(f"{PATH}{transfer.code}/").status_code == 404
    assert stranger.post(f"{PATH}{transfer.code}/receive/").status_code == 404
    assert stranger.post(f"{PATH}{transfer.code}/cancel/").status_code == 404
    assert stranger.get(f"{PATH}in-transit/").json()["total_value"] == 0
    for end in ends:
        assert api("viewer", end).get(f"{PATH}{transfer.code}/").status_code == 200
    assert transfer_facts(transfer) == before


@pytest.mark.parametrize("named", [{"id": 99999}, {"code": "TR-9"}, {}, {"id": True}])
def test_a_decision_about_nothing_known_is_refused(admin, named):
    answer = admin.post(f"{PATH}approve/", {"decision": "approve", **named})

    assert answer.status_code == 400
    assert {"id", "code"} & answer.json()["details"].keys()


def test_a_decision_is_taken_once_and_a_rejection_has_a_reason(admin):
    transfer = make_transfer()
    path = f"{PATH}{transfer.code}/approve/"

    assert admin.post(path, {"decision": "perhaps"}).status_code == 400
    silent = admin.post(path, {"decision": "reject"})
    assert (silent.status_code, list(silent.json()["details"])) == (400, ["note"])
    assert admin.post(path, {"decision": "reject", "note": "No."}).status_code == 200
    again = admin.post(path, {"decision": "approve"})

    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert again.json()["details"]["allowed_transitions"] == []
    assert at(transfer.to_warehouse) == (0, 0)


def test_own_request_is_refused_by_name(api, ends, variation):
    admin = api("admin")
    body = {"from_warehouse": "WH-A", "to_warehouse": "WH-B", "sku": "WIDGET-1", "quantity": 1}
    code = admin.post(PATH, body).json()["code"]

    answer = admin.post(f"{PATH}approve/", {"id": code, "decision": "approve"})

    assert (answer.status_code, answer.json()["code"]) == (403, "own_request")
    assert at(ends[0]) == (100, 0)


def test_too_little_stock_names_the_lines(admin, ends, variation):
    transfer = make_transfer(101, source=ends[0], to=ends[1], variations=[variation])

    answer = admin.post(f"{PATH}{transfer.code}/approve/", {"decision": "approve"})

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
    assert answer.json()["details"]["lines"] == [
        {"line": 1, "requested": 101, "available": 100, "sku": "WIDGET-1", "warehouse": "WH-A"}
    ]


def test_more_than_shipped_is_refused_by_line(admin):
    transfer = make_transfer(10, status="in_transit")
    before = transfer_facts(transfer)
    line = transfer.lines.get()

    answer = admin.post(
        f"{PATH}{transfer.code}/receive/", {"items": [{"id": line.pk, "quantity": 11}]}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "more_than_shipped")
    assert answer.json()["details"]["lines"][0]["quantity_in_transit"] == 10
    assert transfer_facts(transfer) == before


def test_what_arrives_whole_does_not_count_against_the_limit(api):
    transfer = make_transfer(300, status="approved", variations=[VariationFactory()])
    put_in_stock(transfer.lines.get().variation, transfer.from_warehouse, 300)
    clerk = api("staff", transfer.to_warehouse)
    path = f"/api/transfer-requests/{transfer.code}"
    assert api("admin").post(f"{path}/ship/").status_code == 200
    line = {"id": transfer.lines.get().pk, "quantity_received": 299, "quantity_damaged": 1}

    answer = clerk.post(f"{path}/receive/", {"items": [line]})

    assert answer.status_code == 200, answer.content
    assert Stock.objects.get(warehouse=transfer.to_warehouse).on_hand == 299


def test_part_of_what_was_asked_for_may_be_shipped(admin, api):
    transfer = make_transfer(10, status="approved")
    clerk = api("staff", transfer.from_warehouse)
    line = transfer.lines.get()

    answer = clerk.post(f"{PATH}{transfer.code}/ship/", {"items": [{"id": line.pk, "quantity": 4}]})

    assert answer.status_code == 200, answer.content
    assert answer.json()["items"][0]["quantity_in_transit"] == 4
    assert at(transfer.to_warehouse) == (0, 4)


def test_what_is_on_its_way_is_told_with_its_value(api, admin):
    first = make_transfer(10, status="in_transit")
    make_transfer(5, 5, status="in_transit")
    make_transfer(9, status="received")

    own = api("viewer", first.to_warehouse).get(f"{PATH}in-transit/").json()
    everywhere = admin.get(f"{PATH}in-transit/").json()

    assert own == {
        "warehouses": [
            {"warehouse": first.to_warehouse.code, "transfers": 1, "quantity": 10, "value": 40}
        ],
        "total_quantity": 10,
        "total_value": 40,
    }
    assert (everywhere["total_quantity"], everywhere["total_value"]) == (20, 80)
    assert len(everywhere["warehouses"]) == 2


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(api, ends, count, django_assert_num_queries):
    for _ in range(count):
        make_transfer(1, 1, source=ends[0], to=ends[1])
    client = api("staff", ends[0])

    with django_assert_num_queries(3):
        answer = client.get(PATH)

    assert len(answer.json()["transfer_requests"]) == count


@pytest.mark.parametrize("count", [1, 3])
def test_detail_query_count(admin, count, django_assert_num_queries):
    transfer = make_transfer(*[1] * count, status="in_transit")

    with django_assert_num_queries(3):
        answer = admin.get(f"{PATH}{transfer.code}/")

    assert len(answer.json()["items"]) == count


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 3),
        ("?status=pending", 1),
        ("?status=In Transit,received", 2),
        ("?from_warehouse=WH-A", 3),
        ("?to_warehouse=WH-A", 0),
        ("?search=widget", 3),
        ("?start_date=2099-01-01", 0),
    ],
)
def test_lists_are_filtered(admin, ends, variation, query, number):
    for status in ("pending", "in_transit", "received"):
        make_transfer(source=ends[0], to=ends[1], variations=[variation], status=status)

    assert admin.get(PATH + query).json()["pagination"]["total_items"] == number


def test_unknown_status_is_refused(admin):
    assert admin.get(f"{PATH}?status=lost").status_code == 400


@pytest.mark.parametrize(
    ("status", "step", "body"),
    [
        ("pending", "approve", {"decision": "approve"}),
        ("approved", "ship", {}),
        ("in_transit", "receive", {}),
        ("partially_received", "close", {"outcome": "returned", "note": "Back"}),
        ("in_transit", "cancel", {}),
    ],
)
def test_every_step_sent_twice_with_one_key_is_taken_once(admin, status, step, body):
    transfer = make_transfer(10, status=status)
    path, headers = f"{PATH}{transfer.code}/{step}/", {"Idempotency-Key": "once"}

    first = admin.post(path, body, headers=headers)
    movements, stocks = StockMovement.objects.count(), list(Stock.objects.values())
    again = admin.post(path, body, headers=headers)

    assert first.status_code == again.status_code == 200, first.content
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (StockMovement.objects.count(), list(Stock.objects.values())) == (movements, stocks)
    assert admin.post(path, body).status_code == 409


def test_a_request_sent_twice_with_one_key_is_one(api, ends, variation):
    manager, headers = api("manager", ends[0]), {"Idempotency-Key": "once"}
    body = {"from_warehouse": "WH-A", "to_warehouse": "WH-B", "sku": "WIDGET-1", "quantity": 1}

    codes = {manager.post(PATH, body, headers=headers).json()["code"] for _ in range(2)}

    assert len(codes) == TransferRequest.objects.count() == 1
