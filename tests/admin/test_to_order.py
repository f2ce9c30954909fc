"""What is to be ordered, in the admin site."""

import pytest

from inventory.models import ProductSupplier
from purchasing.models import PurchaseOrder
from tests.admin.pages import list_of
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.pdf_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]
PAGE = list_of(PurchaseOrder) + "to-order/"


@pytest.fixture
def low(place):
    variation = VariationFactory(reorder_level=5, reorder_quantity=10, product__name="<b>Low</b>")
    ProductSupplier.objects.create(
        product=variation.product, supplier=SupplierFactory(), is_primary=True, pack_size=12
    )
    put_in_stock(variation, place.own, 2)
    return variation


def test_the_reorder_list_is_shown_and_drafted(manager, place, low):
    lost = VariationFactory(reorder_level=5, reorder_quantity=1)
    put_in_stock(lost, place.own, 1)

    shown = manager.get(PAGE)

    text = shown.content.decode()
    assert "&lt;b&gt;Low&lt;/b&gt;" in text
    assert f"{lost.sku_code} {lost.product.name} has no supplier." in text
    assert "to-order/" in manager.get(list_of(PurchaseOrder)).content.decode()
    assert PurchaseOrder.objects.count() == 0
    answer = manager.post(PAGE, {"warehouse": place.own.pk, "source": "reorder-list"}, follow=True)
    order = PurchaseOrder.objects.get()
    assert f"Drafted: {order}." in [str(one) for one in answer.context["messages"]]
    assert (order.created_by, order.items.get().quantity_ordered) == (manager.user, 12)
    assert "Nothing is to be ordered" in manager.get(PAGE).content.decode()


def test_the_reorder_list_is_printed_and_exported(manager, place, low):
    files = manager.get(PAGE).context["files"]

    paper = manager.get(PAGE + files["PDF"])
    assert paper["Content-Type"] == "application/pdf"
    assert f"Reorder list {place.own.code}" in text_of(paper.content)
    assert low.sku_code in manager.get(files["CSV"]).getvalue().decode()
    assert PurchaseOrder.objects.count() == 0


def test_what_customers_wait_for_is_drafted(manager, place, low):
    take_order((low, 9), warehouse=place.own)

    shown = manager.get(PAGE, {"source": "shortage", "warehouse": place.own.pk})
    manager.post(PAGE, {"source": "shortage", "warehouse": place.own.pk})

    assert [line.needed for line in shown.context["drafts"][0].lines] == [7]
    assert PurchaseOrder.objects.get().notes == "For all back-orders"


def test_foreign_warehouses_are_not_offered_and_staff_orders_nothing(office, manager, place, low):
    put_in_stock(low, place.foreign, 1)

    shown = manager.get(PAGE, {"warehouse": place.foreign.pk})
    refused = manager.post(PAGE, {"warehouse": place.foreign.pk}, follow=True)

    assert list(shown.context["warehouses"]) == [place.own]
    assert "Choose a warehouse that you belong to." in refused.content.decode()
    assert office("staff").get(PAGE).status_code == 403
    assert office("staff").post(PAGE, {"warehouse": place.own.pk}).status_code == 403
    assert PurchaseOrder.objects.count() == 0
