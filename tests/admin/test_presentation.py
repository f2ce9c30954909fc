"""How values stand in the back office: people's own time, no zeros behind quantities, few words."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from alerts.models import Alert
from inventory.models import Product, Stock, StockMovement
from operations.models import JobRun
from purchasing.models import PurchaseOrder
from sales.models import SalesOrder
from tests.admin.pages import add_to, filled, in_zone, list_of, page_of
from tests.factories.alerts import AlertFactory
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from warehouses.models import TaskHandOver

pytestmark = pytest.mark.django_db


def text_of(answer):
    return answer.content.decode()


def late_on_march_5(place):
    order = take_order((place.variation, 2), warehouse=place.own)
    moment = datetime(2026, 3, 5, 22, 30, tzinfo=UTC)
    SalesOrder.objects.filter(pk=order.pk).update(order_date=moment)
    return order


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("UTC", "5 Mar 2026"), ("Asia/Tokyo", "6 Mar 2026"), ("Mars/Olympus", "5 Mar 2026")],
)
def test_days_are_those_of_whoever_reads(manager, place, zone, shown):
    order = late_on_march_5(place)
    client = in_zone(manager, zone)

    assert shown in text_of(client.get(list_of(SalesOrder)))
    assert f"ordered {shown}" in text_of(client.get("/admin/"))
    assert order.order_number in text_of(client.get("/admin/"))


def test_the_history_tells_times_in_the_readers_zone(manager, place):
    order = late_on_march_5(place)

    shown = text_of(in_zone(manager, "Asia/Tokyo").get(page_of(order).replace("change", "history")))

    assert "When (Asia/Tokyo)" in shown
    assert "6 Mar 2026, 07:30:00" in shown
    assert "T22:30" not in shown


@pytest.mark.parametrize("model", [Stock, StockMovement])
def test_quantities_have_no_zeros_behind_them(manager, place, model):
    shown = text_of(manager.get(list_of(model)))
    row = model.objects.filter(warehouse=place.own).get()

    assert "10.000" not in shown
    assert "10.000" not in text_of(manager.get(page_of(row)))
    assert ">10<" in "".join(shown.split())


def test_lines_offer_quantities_and_costs_as_people_type_them(manager, place):
    order = make_order(12, warehouse=place.own)
    form = manager.get(page_of(order)).context["inline_admin_formsets"][0].formset.forms[0]

    assert form["quantity_ordered"].value() == "12"
    assert form["unit_cost"].value() == "2.50"

    page = page_of(order)
    assert manager.post(page, filled(manager, page)).status_code == 302
    assert order.items.get().quantity_ordered == 12


def test_columns_written_shorter_can_still_be_ordered_by(manager, place):
    put_in_stock(VariationFactory(), place.own, 3)
    page = list_of(Stock)
    names = [
        one if isinstance(one, str) else one.__name__
        for one in manager.get(page).context["cl"].list_display
    ]
    number = names.index("on_hand")

    first = manager.get(page, {"o": f"{number}"}).context["cl"].result_list[0]
    last = manager.get(page, {"o": f"-{number}"}).context["cl"].result_list[0]

    assert (first.on_hand, last.on_hand) == (3, 10)


def test_warehouses_stand_by_their_codes_in_lists(manager, place):
    shown = text_of(manager.get(list_of(Stock)))

    assert f'<span title="{place.own}">{place.own.code}</span>' in shown


@pytest.mark.parametrize("rows", [1, 3])
def test_products_show_the_stock_of_own_warehouses_in_as_many_queries(
    manager, place, rows, django_assert_num_queries
):
    for _ in range(rows - 1):
        put_in_stock(VariationFactory(), place.own, 4)
    manager.get(list_of(Product))

    with django_assert_num_queries(8):
        listed = manager.get(list_of(Product)).context["cl"].result_list

    shown = {product.pk: product.totals.on_hand for product in listed}
    assert shown[place.variation.product_id] == 10  # of 20, half of which lie elsewhere
    assert len(shown) == rows


def test_worst_alerts_come_first(manager, place):
    for severity in ("low", "critical", "high", "medium"):
        AlertFactory(variation=VariationFactory(), warehouse=place.own, severity=severity)

    cards = manager.get("/admin/").context["waiting"]
    (alerts,) = [card for card in cards if card.title == "Open alerts"]

    assert [row.text.split(",")[0] for row in alerts.rows] == ["Critical", "High", "Medium", "Low"]
    assert Alert.objects.count() == 4


def test_every_search_says_what_it_looks_through():
    silent = [
        model
        for model, page in admin.site._registry.items()
        if page.search_fields and not page.search_help_text
    ]
    assert silent == []
    assert admin.site.get_model_admin(PurchaseOrder).search_help_text == "Order number, supplier"


def test_showing_all_is_offered_where_some_are_left_out(manager, place):
    make_order(warehouse=place.own)

    assert "Show all" not in text_of(manager.get(list_of(PurchaseOrder)))
    nothing = text_of(manager.get(list_of(PurchaseOrder), {"q": "PO-0000"}))
    assert "Nothing matches what you look for." in nothing
    assert "Show all purchase orders" in nothing


def test_an_empty_list_says_so_and_offers_the_first(manager, place):
    shown = text_of(manager.get(list_of(PurchaseOrder)))

    assert "There are no purchase orders yet." in shown
    assert f'href="{add_to(PurchaseOrder)}' in shown


@pytest.mark.parametrize(
    ("address", "status", "text"),
    [
        ("/admin/nowhere/", 404, "There is no such page."),
        ("/nowhere/", 404, "There is no such page."),
        (reverse("admin:users_signin_changelist"), 403, "Your role does not open this page."),
    ],
)
def test_refused_pages_say_so_in_words(manager, address, status, text):
    answer = manager.get(address)

    assert answer.status_code == status
    assert text in text_of(answer)
    assert 'href="/admin/"' in text_of(answer)


@pytest.mark.parametrize("number", [1, 3])
def test_a_balance_names_the_documents_that_hold_it(manager, place, number):
    stock = put_in_stock(warehouse=place.own, quantity=10)
    orders = [take_order((stock.variation, 1), warehouse=place.own) for _ in range(number)]

    with CaptureQueriesContext(connection) as queries:
        shown = text_of(manager.get(page_of(stock)))

    assert [f"Sales order {order.order_number}" in shown for order in orders] == [True] * number
    assert "sales_order_item" not in shown
    assert sum("sales_salesorder" in one["sql"] for one in queries) == 1


def test_lists_have_names_that_people_use(office, place):
    client = office("admin")

    for model, words in ((JobRun, "Scheduled runs"), (TaskHandOver, "Tasks handed over")):
        shown = text_of(client.get(list_of(model)))
        assert words in shown
        assert not {"Job runs", "Task hand overs"} & set(re.findall(r">\s*([^<>]+?)\s*<", shown))
