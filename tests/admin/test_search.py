"""The search over the whole back office."""

import pytest

from inventory.models import Product, ProductVariation, Stock
from purchasing.models import PurchaseOrder
from sales.models import SalesOrder
from tests.admin.pages import page_of
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from warehouses.models import Warehouse

pytestmark = pytest.mark.django_db
SEARCH = "/admin/search/"


def found(client, text):
    answer = client.get(SEARCH, {"s": text, "extended": "1"})
    assert answer.status_code == 200
    return [(one.description, one.link) for one in answer.context["results"]]


def test_documents_goods_and_partners_are_found(manager, place):
    order = make_order(warehouse=place.own)
    sale = take_order((place.variation, 1), warehouse=place.own, customer_email="eva@example.com")
    supplier = SupplierFactory(company_name="Meridian Garden Works")

    assert found(manager, order.order_number)[0] == ("Purchase order", page_of(order))
    assert ("Sales order", page_of(sale)) in found(manager, "eva@")
    assert ("Supplier", page_of(supplier)) in found(manager, "meridian")
    assert ("Product", page_of(place.variation.product)) in found(
        manager, place.variation.product.code
    )
    assert ("Variation", page_of(place.variation)) in found(manager, place.variation.sku_code)


@pytest.mark.parametrize(
    "text",
    ["(01)04006381333931(10)L-7", "4 006381 333931", "https://id.gs1.org/01/04006381333931"],
)
def test_what_a_scanner_sends_leads_to_the_goods(manager, place, text):
    goods = VariationFactory(barcode="4006381333931")
    VariationFactory(barcode="4006381333948", product=ProductFactory(name="01 and 4006381333930"))

    assert found(manager, text) == [("Variation", page_of(goods))]


def test_a_bin_leads_to_what_lies_in_it_in_own_warehouses(manager, place):
    own, foreign = (put_in_stock(place.variation, one) for one in (place.own, place.foreign))
    Stock.objects.filter(pk__in=[own.pk, foreign.pk]).update(bin_location="R-12-3")

    assert found(manager, "R-12-3") == [("Bin", page_of(own))]


def test_a_bin_hides_nothing_that_is_called_as_it_is(manager, place):
    own = put_in_stock(place.variation, place.own)
    Stock.objects.filter(pk=own.pk).update(bin_location="Cold-room")
    product = VariationFactory(product=ProductFactory(name="Curtain for Cold-room")).product

    assert found(manager, "Cold-room") == [("Bin", page_of(own)), ("Product", page_of(product))]


def test_the_name_of_a_warehouse_that_is_one_of_a_bin_too_finds_both(manager, place):
    own = put_in_stock(place.variation, place.own)
    Warehouse.objects.filter(pk=place.own.pk).update(name="Back room")
    Stock.objects.filter(pk=own.pk).update(bin_location="Back room")

    assert found(manager, "Back room") == [
        ("Bin", page_of(own)),
        ("Warehouse", page_of(place.own)),
    ]


def test_pages_come_first(manager, place):
    assert found(manager, "purchase o")[0] == ("Purchasing", "/admin/purchasing/purchaseorder/")


def test_what_belongs_to_others_is_not_found(manager, place):
    order = make_order(warehouse=place.foreign)
    sale = take_order((place.variation, 1), warehouse=place.foreign)

    assert found(manager, order.order_number) == []
    assert found(manager, sale.order_number) == []
    assert (PurchaseOrder.objects.count(), SalesOrder.objects.count()) == (1, 1)


@pytest.mark.parametrize("text", ["Users", "Schedule", "Webhooks"])
def test_pages_that_a_role_does_not_open_are_not_found(office, text):
    assert text not in str(office("staff").get(SEARCH, {"s": text}).content)
    assert text in str(office("admin").get(SEARCH, {"s": text}).content)


def test_one_letter_finds_pages_alone(manager, place):
    links = [link for _, link in found(manager, place.variation.sku_code[0])]

    assert links
    assert [link for link in links if "/change/" in link] == []


@pytest.mark.parametrize("text", ["x" * 500, "%", "'; DROP TABLE", "<script>alert(1)</script>"])
def test_odd_texts_find_nothing_and_break_nothing(manager, place, text):
    answer = manager.get(SEARCH, {"s": text, "extended": "1"})

    assert answer.status_code == 200
    assert list(answer.context["results"]) == []
    assert "<script>" not in answer.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_search_takes_as_many_queries_for_more(manager, place, rows, django_assert_num_queries):
    for number in range(rows):
        VariationFactory(sku_code=f"LADDER-{number}")
    manager.get(SEARCH, {"s": "ladder"})

    with django_assert_num_queries(19):
        results = found(manager, "ladder-")

    assert len([one for one in results if one[0] == "Variation"]) == rows
    assert ProductVariation.objects.count() == Product.objects.count()


def test_strangers_find_nothing(client, settings):
    settings.SECURE_SSL_REDIRECT = False

    assert client.get(SEARCH, {"s": "purchase"}).status_code == 302


def test_the_sidebar_opens_the_search(manager, place):
    page = manager.get("/admin/").content.decode()

    assert "Search everything" in page
    assert "opencommand" in page
