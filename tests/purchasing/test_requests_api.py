"""Purchase requests over HTTP: shapes, both decide paths, rights, and who sees what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import Stock, StockMovement
from purchasing.models import PurchaseRequest
from tests.factories.goods_requests import make_goods_request, request_facts
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
PATH = "/api/purchase-requests/"


@pytest.fixture
def stock():
    return put_in_stock(
        VariationFactory(sku_code="WIDGET-1", product__code="P-1"),
        WarehouseFactory(code="WH-A"),
        100,
    )


@pytest.fixture
def viewer(api, stock):
    return api("viewer", stock.warehouse)


@pytest.fixture
def staff(api, stock):
    return api("staff", stock.warehouse)


def asked(client, **change):
    body = {"warehouse": "WH-A", "items": [{"sku": "WIDGET-1", "quantity": 4}], **change}
    answer = client.post(PATH, body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_viewer_asks_staff_approves_and_stock_is_deducted(viewer, staff, stock):
    day = (timezone.now() + timedelta(days=3)).date().isoformat()
    body = asked(viewer, reason="For the fair", needed_by=day)

    assert body["message"] == "Purchase request created successfully"
    assert body["code"].startswith(f"PR-{timezone.now():%Y}-")
    assert (body["status"], body["warehouse"], body["requested_by"]) == (
        "pending", "WH-A", viewer.user.code,
    )  # fmt: skip
    assert (body["reason"], body["needed_by"], body["value"]) == ("For the fair", day, 0)
    assert body["allowed_transitions"] == ["approved", "rejected", "cancelled"]
    (item,) = body["items"]
    assert (item["sku"], item["product_id"], item["quantity"], item["quantity_approved"]) == (
        "WIDGET-1", "P-1", 4, 0,
    )  # fmt: skip

    answer = staff.post(f"{PATH}approve/", {"id": body["id"], "decision": "Approved", "note": "Ok"})

    assert answer.status_code == 200, answer.content
    decided = answer.json()
    assert (decided["status"], decided["decided_by"], decided["decision_note"]) == (
        "approved", staff.user.code, "Ok",
    )  # fmt: skip
    assert (decided["value"], decided["items"][0]["quantity_approved"]) == (16, 4)
    stock.refresh_from_db()
    assert stock.on_hand == 96


def test_a_path_of_its_own_rejects(viewer, staff, stock):
    path = f"{PATH}{asked(viewer)['code']}/reject/"
    before = request_facts(PurchaseRequest.objects.get())

    silent = staff.post(path, {})
    assert (silent.status_code, list(silent.json()["details"])) == (400, ["note"])
    other = staff.post(path, {"note": "No.", "decided_by": viewer.user.code})
    assert (other.status_code, list(other.json()["details"])) == (400, ["decided_by"])
    assert viewer.post(path, {"note": "No."}).status_code == 403
    assert request_facts(PurchaseRequest.objects.get()) == before

    answer = staff.post(path, {"reason": "Sold out soon."})

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["message"], body["status"], body["decided_by"], body["decision_note"]) == (
        "Purchase request rejected", "rejected", staff.user.code, "Sold out soon.",
    )  # fmt: skip
    again = staff.post(path, {"note": "No."})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize(
    "path",
    [f"{PATH}{{code}}/approve/", f"{PATH}{{id}}/approve/"],
)
def test_the_requests_own_path_decides_too(viewer, staff, stock, path):
    body = asked(viewer)

    answer = staff.post(
        path.format(**body),
        {"decision": "approve", "items": [{"sku": "widget-1", "quantity_approved": 1}]},
    )

    assert answer.status_code == 200, answer.content
    assert answer.json()["items"][0]["quantity_approved"] == 1
    stock.refresh_from_db()
    assert stock.on_hand == 99


@pytest.mark.parametrize("key", ["id", "code", "request_id"])
def test_the_flat_path_takes_each_name_of_a_request(viewer, staff, key):
    body = asked(viewer)
    reference = body["id"] if key == "id" else body["code"]

    answer = staff.post(f"{PATH}approve/", {key: reference, "decision": "reject", "note": "No."})

    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], answer.json()["message"]) == (
        "rejected", "Purchase request rejected",
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"warehouse_id": "wh-a", "product_id": "P-1", "quantity": 3},
        {"sku": "WIDGET-1", "quantity": 3},
        {"lines": [{"sku_code": "WIDGET-1", "qty": 3}], "notes": "Please"},
    ],
)
def test_other_words_mean_the_same(viewer, body):
    answer = viewer.post(PATH, body)

    assert answer.status_code == 201, answer.content
    assert (answer.json()["items"][0]["quantity"], answer.json()["warehouse"]) == (3, "WH-A")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"warehouse": "WH-B"}, "warehouse"),
        ({"warehouse": "NOWHERE"}, "warehouse"),
        ({"items": []}, "items"),
        ({"items": [{"sku": "NO-SUCH", "quantity": 1}]}, "items.0.sku"),
        ({"items": [{"sku": "WIDGET-1", "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"sku": "WIDGET-1", "quantity": -1}]}, "items.0.quantity"),
        ({"items": [{"sku": "WIDGET-1", "quantity": "NaN"}]}, "items.0.quantity"),
        ({"items": [{"sku": "WIDGET-1", "quantity": 1}] * 2}, "items.1.sku"),
        ({"items": [{"sku": "PIECE-1", "quantity": 1.5}]}, "items.0.quantity"),
        ({"needed_by": "2001-01-01"}, "needed_by"),
        ({"needed_by": "soon"}, "needed_by"),
        ({"reason": "x" * 501}, "reason"),
        ({"requested_by": "USR99999"}, "requested_by"),
    ],
)
def test_bad_requests_name_the_field(viewer, change, field):
    WarehouseFactory(code="WH-B")
    VariationFactory(sku_code="PIECE-1", stock_unit="pieces")
    body = {"warehouse": "WH-A", "items": [{"sku": "WIDGET-1", "quantity": 1}]}

    answer = viewer.post(PATH, {**body, **change})

    assert answer.status_code == 400, answer.content
    assert field in answer.json()["details"]
    assert not PurchaseRequest.objects.exists()


def test_foreign_and_unknown_warehouses_are_refused_in_the_same_words(viewer):
    WarehouseFactory(code="WH-B")
    texts = []
    for code in ("WH-B", "WH-X"):
        answer = viewer.post(PATH, {"warehouse": code, "sku": "WIDGET-1", "quantity": 1})
        texts.append(answer.content.replace(code.encode(), b""))
        assert answer.status_code == 400

    assert texts[0] == texts[1]


def test_strangers_neither_see_nor_decide(api, stock, viewer):
    code = asked(viewer)["code"]
    stranger = api("manager", WarehouseFactory())
    request = PurchaseRequest.objects.get()
    before = request_facts(request)

    assert stranger.get(PATH).json()["pagination"]["total_items"] == 0
    assert stranger.get(f"{PATH}{code}/").status_code == 404
    assert stranger.post(f"{PATH}{code}/approve/", {"decision": "approve"}).status_code == 404
    flat = stranger.post(f"{PATH}approve/", {"code": code, "decision": "approve"})
    assert (flat.status_code, list(flat.json()["details"])) == (400, ["code"])
    assert stranger.post(f"{PATH}{code}/cancel/").status_code == 404
    assert request_facts(request) == before


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("manager", 200), ("staff", 200), ("sales", 403), ("viewer", 403)],
)
def test_who_decides(api, stock, viewer, role, status):
    code = asked(viewer)["code"]

    answer = api(role, stock.warehouse).post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert answer.status_code == status
    stock.refresh_from_db()
    assert stock.on_hand == (96 if status == 200 else 100)


def test_own_requests_are_refused_by_name(staff, stock):
    code = asked(staff)["code"]

    answer = staff.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert (answer.status_code, answer.json()["code"]) == (403, "own_request")
    stock.refresh_from_db()
    assert stock.on_hand == 100


def test_too_little_stock_names_every_short_line(viewer, staff):
    code = asked(viewer, items=[{"sku": "WIDGET-1", "quantity": 101}])["code"]

    answer = staff.post(f"{PATH}approve/", {"code": code, "decision": "approve"})

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
    assert answer.json()["details"]["lines"] == [
        {"line": 1, "requested": 101, "available": 100, "sku": "WIDGET-1", "warehouse": "WH-A"}
    ]
    assert PurchaseRequest.objects.get().status == "pending"


def test_a_decision_is_taken_once_and_a_rejection_has_a_reason(viewer, staff):
    path = f"{PATH}{asked(viewer)['code']}/approve/"

    assert staff.post(path, {"decision": "perhaps"}).status_code == 400
    silent = staff.post(path, {"decision": "reject"})
    assert (silent.status_code, list(silent.json()["details"])) == (400, ["note"])
    assert staff.post(path, {"decision": "reject", "note": "No."}).status_code == 200
    again = staff.post(path, {"decision": "approve"})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert again.json()["details"]["allowed_transitions"] == []


def test_who_asked_takes_it_back_and_nobody_else(viewer, staff):
    path = f"{PATH}{asked(viewer)['code']}/cancel/"

    assert staff.post(path).status_code == 403
    assert viewer.post(path).json()["status"] == "cancelled"
    assert viewer.post(path).status_code == 409


@pytest.mark.parametrize("body", [{"decision": "approve"}, {"decision": "reject", "note": "No."}])
def test_a_decision_sent_twice_with_one_key_is_taken_once(viewer, staff, body):
    path, headers = f"{PATH}{asked(viewer)['code']}/approve/", {"Idempotency-Key": "once"}

    first = staff.post(path, body, headers=headers)
    movements, stocks = StockMovement.objects.count(), list(Stock.objects.values())
    again = staff.post(path, body, headers=headers)

    assert first.status_code == again.status_code == 200, first.content
    assert first.content == again.content
    assert (StockMovement.objects.count(), list(Stock.objects.values())) == (movements, stocks)


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(staff, stock, count, django_assert_num_queries):
    for _ in range(count):
        make_goods_request(1, 1, warehouse=stock.warehouse)

    with django_assert_num_queries(2):
        answer = staff.get(PATH)

    assert len(answer.json()["purchase_requests"]) == count


@pytest.mark.parametrize("count", [1, 3])
def test_detail_query_count(staff, stock, count, django_assert_num_queries):
    request = make_goods_request(*[1] * count, warehouse=stock.warehouse)

    with django_assert_num_queries(2):
        answer = staff.get(f"{PATH}{request.code}/")

    assert len(answer.json()["items"]) == count


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 3),
        ("?status=pending", 1),
        ("?status=Approved,rejected", 2),
        ("?warehouse=WH-A", 3),
        ("?search=widget", 3),
        ("?search=pr-", 3),
        ("?search=nothing", 0),
        ("?requested_by={asker}", 1),
        ("?needed_before=2098-01-01", 0),
        ("?start_date=2099-01-01", 0),
    ],
)
def test_lists_are_filtered(api, stock, query, number):
    admin = api("admin")
    for status in ("pending", "approved", "rejected"):
        request = make_goods_request(
            1, warehouse=stock.warehouse, variations=[stock.variation], status=status
        )

    answer = admin.get(PATH + query.format(asker=request.requested_by.code))

    assert answer.json()["pagination"]["total_items"] == number


def test_what_a_list_does_not_know_is_refused(staff):
    assert staff.get(f"{PATH}?status=lost").status_code == 400
    assert staff.get(f"{PATH}?color=red").status_code == 400


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_list_is_exported(viewer, form):
    code = asked(viewer)["code"]

    answer = viewer.get(f"{PATH}?format={form}")

    assert answer.status_code == 200
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert form == "xlsx" or code.encode() in content


def test_requests_are_found_by_their_numbers_in_own_warehouses(viewer, stock):
    code, foreign = asked(viewer)["code"], make_goods_request().code

    def scanned(number):
        answer = viewer.get("/api/scan/", {"code": number}).json()
        return [(one["type"], one["code"], one["url"]) for one in answer["matches"]]

    assert scanned(code.lower()) == [("purchase_request", code, f"{PATH}{code}/")]
    assert scanned(foreign) == []
    found = viewer.get("/api/search/", {"q": "PR-"}).json()["results"]["purchase_request"]
    assert [one["code"] for one in found] == [code]
