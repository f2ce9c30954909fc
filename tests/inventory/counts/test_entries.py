"""What was counted, line by line, each compared with the ledger at its own moment."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import Lot, Stock, StockCount, StockCountLine, StockMovement
from inventory.services.lots import correct_expiry
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import (
    ProductFactory,
    VariationFactory,
    put_in_stock,
)
from tests.inventory.counts.steps import enter, lines_by_sku, on_hand, opened, scanned, sell

pytestmark = pytest.mark.django_db
PATH = "/api/stock-counts/"


def test_trading_after_the_scan_distorts_nothing(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code)
    sell(goods[0], place, 10)
    enter(clerk, code, scanned("G-1", 88))  # 90 on hand at this moment: 2 are missing
    sell(goods[0], place, 30)
    put_in_stock(goods[0], place, 5)
    assert lines_by_sku(clerk, code)["G-1"]["difference"] == -2

    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    sell(goods[0], place, 1)
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert on_hand(goods[0], place) == 100 - 10 - 30 + 5 - 1 - 2
    assert verify_ledger() == []


def test_a_difference_beyond_the_tolerance_is_counted_again(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code, recount_tolerance_percent=5)

    first = enter(clerk, code, scanned("G-1", 60), scanned("G-2", 49), scanned("G-3", 10))
    assert [line["needs_recount"] for line in first.json()["lines"]] == [True, False, False]
    refused = clerk.post(f"{PATH}{code}/submit/")
    assert (refused.status_code, refused.json()["code"]) == (409, "count_incomplete")
    assert refused.json()["details"] == {"recount": ["G-1"]}

    again = enter(clerk, code, scanned("G-1", 61)).json()["lines"][0]

    assert (again["needs_recount"], again["first_quantity"], again["difference"]) == (
        False, 60, -39,
    )  # fmt: skip
    assert clerk.post(f"{PATH}{code}/submit/").status_code == 200


def test_what_nobody_counted_is_left_out_or_zero_by_choice(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code)
    enter(clerk, code, scanned("G-1", 100))

    refused = clerk.post(f"{PATH}{code}/submit/")
    assert refused.json()["details"] == {"uncounted": ["G-2", "G-3"]}
    assert "left_out" in refused.json()["message"]
    sell(goods[2], place, 4)
    assert clerk.post(f"{PATH}{code}/submit/", {"uncounted": "zero"}).status_code == 200
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert [on_hand(one, place) for one in goods] == [100, 0, 0]
    assert verify_ledger() == []


def test_left_out_lines_stay_as_they_are(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code)
    enter(clerk, code, scanned("G-1", 99))
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert [on_hand(one, place) for one in goods] == [99, 50, 10]


def test_goods_nobody_expected_get_a_line(clerk, manager, place, goods):
    stray = VariationFactory(sku_code="STRAY", cost_price="7.5")
    code = opened(clerk, warehouse=place.code)

    enter(clerk, code, scanned("STRAY", 3))
    assert lines_by_sku(clerk, code)["STRAY"]["needs_recount"] is True
    enter(clerk, code, scanned("STRAY", 3))
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    stock = Stock.objects.get(variation=stray)
    assert (stock.on_hand, stock.average_cost) == (3, Decimal("7.5"))


def test_pieces_scanned_one_by_one_add_up_unless_stock_moves(clerk, place, goods):
    code = opened(clerk, warehouse=place.code)

    enter(clerk, code, scanned("G-3", 4, add=True))
    added = enter(clerk, code, scanned("4003", 5, add=True), scanned("4003", 1, add=True))
    assert added.json()["lines"][0]["counted_quantity"] == 10
    sell(goods[2], place, 1)
    refused = enter(clerk, code, scanned("G-3", 1, add=True))

    assert (refused.status_code, refused.json()["code"]) == (409, "stock_moved")
    assert lines_by_sku(clerk, code)["G-3"]["counted_quantity"] == 10
    assert enter(clerk, code, scanned("G-3", 9)).json()["lines"][0]["difference"] == 0


def test_a_product_alone_is_its_default_variation_and_a_sku_any(clerk, place):
    usual = VariationFactory(sku_code="U-1")
    other = VariationFactory(sku_code="U-2", product=usual.product, is_default=False)
    for one in (usual, other):
        put_in_stock(one, place, 5)
    code = opened(clerk, warehouse=place.code)

    entered = enter(
        clerk, code,
        {"product_id": usual.product.code, "counted_quantity": 3},
        {"sku": "U-2", "counted_quantity": 4},
    )  # fmt: skip

    assert entered.status_code == 201, entered.content
    lines = lines_by_sku(clerk, code)
    assert (lines["U-1"]["counted_quantity"], lines["U-2"]["counted_quantity"]) == (3, 4)


def test_pieces_that_are_added_are_no_recount(clerk, place, goods):
    code = opened(clerk, warehouse=place.code, recount_tolerance_percent=5)

    entered = [
        enter(clerk, code, scanned("G-3", quantity, add=True)).json()["lines"][0]
        for quantity in (4, 4, 2)
    ]

    assert [
        (line["counted_quantity"], line["needs_recount"], line["first_quantity"])
        for line in entered
    ] == [(4, True, None), (8, True, None), (10, False, None)]


def test_goods_that_turned_up_in_one_count_are_not_entered_in_another(clerk, place, goods):
    stray = VariationFactory(sku_code="STRAY")
    first = opened(clerk, warehouse=place.code)
    put_in_stock(VariationFactory(sku_code="G-4"), place, 1)
    second = opened(clerk, warehouse=place.code)
    assert enter(clerk, first, scanned("STRAY", 3)).status_code == 201

    refused = enter(clerk, second, scanned("G-4", 1), scanned("STRAY", 3))

    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert "Another open count has some of these goods" in refused.json()["message"]
    assert StockCountLine.objects.get(variation=stray).count.code == first
    assert lines_by_sku(clerk, second)["G-4"]["counted_quantity"] is None


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"code": "NO-SUCH", "counted_quantity": 1}, "lines.0.code"),
        ({"sku": "NO-SUCH", "counted_quantity": 1}, "lines.0.sku"),
        ({"id": 999999, "counted_quantity": 1}, "lines.0.id"),
        ({"code": "G-1", "counted_quantity": -1}, None),
        ({"code": "G-1"}, None),
        ({"counted_quantity": 1}, None),
        ({"code": "G-1", "counted_quantity": "NaN"}, None),
        ({"code": "SHARED", "counted_quantity": 1}, "lines.0.code"),
    ],
)
def test_bad_entries_are_named_and_nothing_is_entered(clerk, place, goods, line, field):
    for variation in goods[1:]:
        variation.barcode = "SHARED"
        variation.save()
    code = opened(clerk, warehouse=place.code)

    answer = enter(clerk, code, line, scanned("G-1", 5))

    assert answer.status_code == 400, answer.content
    assert field is None or field in answer.json()["details"]
    assert not StockCountLine.objects.exclude(counted_quantity=None).exists()


def test_one_line_named_twice_is_refused(clerk, place, goods):
    code = opened(clerk, warehouse=place.code)

    assert enter(clerk, code, scanned("G-1", 5), scanned("4001", 6)).status_code == 400
    assert enter(clerk, code).status_code == 400


def test_lots_are_counted_one_by_one(clerk, manager, place):
    milk = VariationFactory(
        sku_code="MILK", product=ProductFactory(lot_tracking=True, expiration_tracking=True)
    )
    later = timezone.now().date() + timedelta(days=90)
    for lot, quantity in (("L-1", 6), ("L-2", 4)):
        put_in_stock(milk, place, quantity, lot_number=lot, expiration_date=later)
    code = opened(clerk, warehouse=place.code, recount_tolerance_percent=100)

    several = enter(clerk, code, scanned("MILK", 3))
    assert "several lines: MILK L-1, MILK L-2" in str(several.json()["details"])
    entered = enter(
        clerk, code,
        scanned("MILK", 5, lot_number="L-1"), scanned("MILK", 4, lot_number="L-2"),
    )  # fmt: skip
    assert [line["difference"] for line in entered.json()["lines"]] == [-1, 0]
    clerk.post(f"{PATH}{code}/submit/")
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    movement = StockMovement.objects.get(reference_code=code)
    assert (movement.quantity, movement.lot_number) == (-1, "L-1")
    assert verify_ledger() == []


def test_a_difference_that_no_longer_fits_is_refused_whole(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code, recount_tolerance_percent=100)
    enter(clerk, code, scanned("G-1", 99), scanned("G-3", 1))
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    sell(goods[2], place, 5)

    answer = manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
    assert [on_hand(one, place) for one in goods] == [100, 50, 5]
    assert StockCount.objects.get().status == "submitted"


def test_a_date_that_was_corrected_while_goods_are_counted_stands(clerk, manager, place):
    milk = VariationFactory(
        sku_code="MILK", product=ProductFactory(lot_tracking=True, expiration_tracking=True)
    )
    today = timezone.now().date()
    put_in_stock(milk, place, 6, lot_number="L-1", expiration_date=today + timedelta(days=90))
    code = opened(clerk, warehouse=place.code, recount_tolerance_percent=100)
    enter(clerk, code, scanned("MILK", 5, lot_number="L-1"))
    clerk.post(f"{PATH}{code}/submit/")

    corrected = today + timedelta(days=30)
    correct_expiry(lot=Lot.objects.get(), expiration_date=corrected, acting_user=manager.user)
    approved = manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert approved.status_code == 200, approved.content
    movement = StockMovement.objects.get(reference_code=code)
    assert (movement.quantity, movement.lot_number, movement.expiration_date) == (
        -1, "L-1", corrected,
    )  # fmt: skip
    assert verify_ledger() == []


def test_a_lot_that_nobody_knew_comes_in_with_its_date(clerk, manager, place):
    milk = VariationFactory(
        sku_code="MILK", product=ProductFactory(lot_tracking=True, expiration_tracking=True)
    )
    later = timezone.now().date() + timedelta(days=90)
    put_in_stock(milk, place, 6, lot_number="L-1", expiration_date=later)
    paint = VariationFactory(product=ProductFactory(lot_tracking=True))
    put_in_stock(paint, place, 1, lot_number="L-2")  # the same number, of other goods
    code = opened(clerk, warehouse=place.code, recount_tolerance_percent=100)
    found = scanned("MILK", 2, lot_number="L-2", expiration_date=later.isoformat())
    for _ in range(2):
        assert enter(clerk, code, found).status_code == 201
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})

    approved = manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert approved.status_code == 200, approved.content
    assert Lot.objects.get(lot_number="L-2", variation=milk).expiration_date == later
    assert verify_ledger() == []


GTIN = "4006381333931"


@pytest.fixture
def tracked(place):
    """Goods with two lots, and a trade item number."""
    product = ProductFactory(lot_tracking=True)
    variation = VariationFactory(sku_code="T-1", barcode=GTIN, product=product)
    for lot in ("L-1", "L-2"):
        put_in_stock(variation, place, 20, lot_number=lot)
    return variation


def test_labels_are_scanned_with_their_lot(clerk, place, tracked):
    code = opened(clerk, warehouse=place.code)

    answer = enter(
        clerk, code,
        scanned(f"(01)0{GTIN}(10)L-1", 19), scanned(f"]C1010{GTIN}10L-2", 20),
    )  # fmt: skip

    assert answer.status_code == 201, answer.content
    shown = [(one["lot_number"], one["difference"]) for one in answer.json()["lines"]]
    assert shown == [("L-1", -1), ("L-2", 0)]
    both = enter(clerk, code, scanned(GTIN, 1))
    assert list(both.json()["details"]) == ["lines.0.code"]
    assert "several lines" in both.json()["message"]


@pytest.mark.parametrize(
    "code",
    [
        "http://x.example/admin/inventory/productvariation/?q=G-1",
        "https://x.example/?code=g-1",
        "0036000291452",
        "]E0036000291452",
        "(01)00036000291452(10)OF-THE-MAKER",
    ],
)
def test_symbols_are_read_as_everywhere(clerk, place, goods, code):
    goods[0].barcode = "036000291452"
    goods[0].save()
    opened_code = opened(clerk, warehouse=place.code)

    answer = enter(clerk, opened_code, scanned(code, 100))

    assert answer.status_code == 201, answer.content
    [line] = answer.json()["lines"]
    assert (line["sku"], line["lot_number"], line["difference"]) == ("G-1", "", 0)


def test_goods_that_track_dates_alone_go_by_the_scanned_date(clerk, place):
    product = ProductFactory(expiration_tracking=True)
    variation = VariationFactory(sku_code="D-1", barcode=GTIN, product=product)
    day = timezone.now().date() + timedelta(days=90)
    put_in_stock(variation, place, 10, expiration_date=day)
    code = opened(clerk, warehouse=place.code)

    answer = enter(clerk, code, scanned(f"(01)0{GTIN}(17){day:%y%m%d}(10)OF-THE-MAKER", 10))

    assert answer.status_code == 201, answer.content
    [line] = answer.json()["lines"]
    assert (line["lot_number"], line["difference"]) == (day.isoformat(), 0)


def test_a_lot_of_goods_that_track_none_is_refused(clerk, place, goods):
    code = opened(clerk, warehouse=place.code)

    answer = enter(clerk, code, {"sku": "G-1", "lot_number": "L-1", "counted_quantity": 1})

    assert answer.status_code == 400
    assert answer.json()["message"] == "G-1 tracks no lots. Leave the lot out."
    assert StockCountLine.objects.filter(counted_quantity__isnull=False).count() == 0


@pytest.mark.parametrize("code", ["x" * 301, "(99)"])
def test_a_scan_that_is_none_is_refused(clerk, place, goods, code):
    answer = enter(clerk, opened(clerk, warehouse=place.code), scanned(code, 1))

    assert answer.status_code == 400
    assert StockCountLine.objects.filter(counted_quantity__isnull=False).count() == 0
