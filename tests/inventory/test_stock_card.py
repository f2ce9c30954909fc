"""The stock card: movements by their days, what was left of each, on screen, in files, on paper."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import Stock, StockMovement
from tests.factories.inventory import ProductFactory, VariationFactory, add_movements, put_in_stock
from tests.factories.warehouses import WarehouseFactory
from tests.inventory.test_as_of import DAYS, on, post
from tests.pdf_pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    """Ten at 4 on 1 March, four out on the 3rd, six at 8 on the 2nd that were recorded last."""
    product = ProductFactory(name="Hammer")
    variation = VariationFactory(sku_code="H-1", product=product)
    stock = put_in_stock(variation, quantity=10, occurred_at=on(DAYS[0]), reference_code="PO-1")
    post(stock, -4, DAYS[2])
    post(stock, 6, DAYS[1], cost=8)
    return stock


@pytest.fixture
def viewer(api, stock):
    return api("viewer", stock.warehouse)


def card_of(client, stock, **parameters):
    answer = client.get(f"/api/stocks/{stock.pk}/card/", parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_day_in_another_form_narrows_the_card_as_it_is_read(viewer, stock):
    iso = card_of(viewer, stock, start_date=f"{DAYS[1]:%Y-%m-%d}")
    other = card_of(viewer, stock, start_date=f"{DAYS[1]:%m/%d/%Y}")

    assert len(iso["stock_card"]) == 2
    assert other["stock_card"] == iso["stock_card"]


def test_movements_stand_on_their_days_with_what_each_left(viewer, stock):
    body = card_of(viewer, stock)

    assert body["stock"] == {
        "id": stock.pk,
        "product_id": stock.variation.product.code,
        "product_name": "Hammer",
        "sku": "H-1",
        "unit": "kg",
        "warehouse": stock.warehouse.code,
        "bin_location": "",
    }
    assert body["opening"] == {"quantity": 0, "value": 0}
    assert body["closing"] == {"quantity": 12, "value": 72}
    shown = [
        (row["timestamp"][:10], row["quantity_in"], row["quantity_out"], row["balance"],
         row["balance_value"])
        for row in body["stock_card"]
    ]  # fmt: skip
    assert shown == [
        ("2026-03-01", 10, None, 10, 40),
        ("2026-03-02", 6, None, 16, 88),
        ("2026-03-03", None, 4, 12, 72),
    ]
    assert body["stock_card"][0]["reference_id"] == "PO-1"
    assert body["pagination"]["total_items"] == 3


@pytest.mark.parametrize(
    ("period", "opening", "closing", "days"),
    [
        ({"start_date": "2026-03-02"}, (10, 40), (12, 72), ["2026-03-02", "2026-03-03"]),
        ({"end_date": "2026-03-02"}, (0, 0), (16, 88), ["2026-03-01", "2026-03-02"]),
        ({"start_date": "2026-03-02", "end_date": "2026-03-02"}, (10, 40), (16, 88),
         ["2026-03-02"]),
        ({"start_date": "2026-03-04"}, (12, 72), (12, 72), []),
        ({"end_date": "2026-02-28"}, (0, 0), (0, 0), []),
    ],
)  # fmt: skip
def test_a_period_begins_with_what_was_there_and_ends_as_stock_of_that_day(
    viewer, stock, period, opening, closing, days
):
    body = card_of(viewer, stock, **period)

    assert tuple(body["opening"].values()) == opening
    assert tuple(body["closing"].values()) == closing
    assert [row["timestamp"][:10] for row in body["stock_card"]] == days
    if "end_date" in period:
        then = viewer.get("/api/stocks/", {"as_of": period["end_date"]}).json()["stocks"][0]
        assert (then["on_hand"], then["value"]) == closing


def test_what_is_left_goes_on_from_page_to_page(api):
    stock = put_in_stock(quantity=10, occurred_at=on(DAYS[0]))
    add_movements(stock, 6)  # one out and one in by turns
    viewer = api("viewer", stock.warehouse)

    first = card_of(viewer, stock, limit=4)
    second = card_of(viewer, stock, limit=4, page=2)

    assert second["pagination"]["total_items"] == 7
    rows = [*first["stock_card"], *second["stock_card"]]
    levels = [row["balance"] for row in rows]
    steps = [(row["quantity_in"] or 0) - (row["quantity_out"] or 0) for row in rows]
    assert levels == [sum(steps[: number + 1]) for number in range(7)]


def test_the_card_is_had_as_csv_xlsx_and_pdf(viewer, stock):
    path = f"/api/stocks/{stock.pk}/card/"

    table = b"".join(viewer.get(path, {"format": "csv"}).streaming_content).decode().splitlines()
    book = viewer.get(path, {"format": "xlsx"})
    paper = viewer.get(path, {"format": "pdf", "start_date": "2026-03-02"})

    assert table[0].startswith("movement_id,timestamp,recorded_at,movement_type")
    assert len(table) == 4
    assert ",,4,12,4,-16,72," in table[3]
    assert b"".join(book.streaming_content)[:2] == b"PK"
    assert paper["Content-Disposition"] == 'inline; filename="stock-card-H-1.pdf"'
    text = text_of(paper.content)
    for words in (
        "Stock card H-1", "Hammer", stock.warehouse.code, "At the beginning 10 40.00",
        f"Recorded on {timezone.now().date()}", "6 16 8.00 88.00", "At the end 12 72.00",
    ):  # fmt: skip
        assert words in text


def test_a_card_that_is_too_long_for_paper_is_refused(api):
    stock = put_in_stock(quantity=10, occurred_at=on(DAYS[0]))
    add_movements(stock, 2_000)
    viewer = api("viewer", stock.warehouse)
    path = f"/api/stocks/{stock.pk}/card/"

    answer = viewer.get(path, {"format": "pdf"})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["start_date"])
    assert answer["Content-Type"] == "application/json"
    assert viewer.get(path, {"format": "pdf", "start_date": "2026-03-02"}).status_code == 200


def test_what_costs_left_over_when_nothing_is_left_is_no_minus(api):
    stock = put_in_stock(quantity=3)
    put_in_stock(stock.variation, stock.warehouse, 1, occurred_at=on(DAYS[0]))
    Stock.objects.filter(pk=stock.pk).update(average_cost=Decimal("4.0001"))
    post(stock, -4, timezone.now().date())
    viewer = api("viewer", stock.warehouse)

    body = card_of(viewer, stock)
    text = text_of(viewer.get(f"/api/stocks/{stock.pk}/card/", {"format": "pdf"}).content)

    assert str(body["closing"]["value"]) == str(body["stock_card"][-1]["balance_value"]) == "0"
    assert "At the end 0 0.00" in text
    assert "-0.00" not in text


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"start_date": "March"}, "start_date"),
        ({"end_date": "2026-02-30", "format": "pdf"}, "end_date"),
        ({"search": "PO-1"}, "search"),
        ({"ordering": "quantity"}, "ordering"),
        ({"movement_type": "inbound"}, "movement_type"),
        ({"page": 2}, "page"),
        ({"format": "doc"}, "format"),
    ],
)
def test_what_the_card_does_not_know_is_refused_by_name(viewer, stock, parameters, field):
    answer = viewer.get(f"/api/stocks/{stock.pk}/card/", parameters)

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])


def test_cards_of_other_warehouses_are_not_there(viewer, stock):
    foreign = put_in_stock(stock.variation, WarehouseFactory())

    answers = [
        viewer.get(f"/api/stocks/{key}/card/", {"format": form})
        for key in (foreign.pk, 999_999, "x")
        for form in ("json", "csv", "pdf")
    ]

    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize("number", [1, 3])
def test_a_card_takes_four_queries_for_any_number_of_movements(
    api, number, django_assert_num_queries
):
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    stock = put_in_stock(quantity=10, occurred_at=begins)
    for day in range(1, number):
        put_in_stock(stock.variation, stock.warehouse, 1, occurred_at=begins + timedelta(days=day))
    client = api("viewer", stock.warehouse)

    with django_assert_num_queries(4):  # the balance, what was before and within, the page
        body = card_of(client, stock, start_date="2026-01-01")

    assert len(body["stock_card"]) == number


def test_an_issue_of_a_past_day_needs_stock_of_that_day(api, stock):
    manager = api("manager", stock.warehouse)
    body = {"sku": "H-1", "movement_type": "outbound", "warehouse": stock.warehouse.code}
    before = list(StockMovement.objects.order_by("pk").values())

    early = manager.post(
        "/api/stock-movements/", {**body, "quantity": 1, "timestamp": "2026-02-28T10:00:00Z"}
    )
    much = manager.post(
        "/api/stock-movements/", {**body, "quantity": 11, "timestamp": "2026-03-01T10:00:00Z"}
    )

    assert (early.status_code, early.json()["code"]) == (409, "insufficient_stock")
    assert early.json()["message"].startswith("At the end of 2026-02-28 there would have been -1")
    assert early.json()["details"]["lines"] == [
        {"sku": "H-1", "warehouse": stock.warehouse.code, "day": "2026-02-28",
         "quantity_then": -1},
    ]  # fmt: skip
    assert much.json()["details"]["lines"][0]["day"] == "2026-03-01"
    assert list(StockMovement.objects.order_by("pk").values()) == before
    assert Stock.objects.get().on_hand == 12
    # Ten were there then, and never fewer than twelve afterwards; within the day no order is kept.
    fits = manager.post(
        "/api/stock-movements/", {**body, "quantity": 10, "timestamp": "2026-03-01T00:00:00Z"}
    )
    assert fits.status_code == 201, fits.content
    assert card_of(manager, stock)["closing"] == {"quantity": 2, "value": 2 * 6}
