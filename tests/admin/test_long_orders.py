"""Orders of more lines than a page's form should carry."""

import pytest

from purchasing.admin.lines import PurchaseOrderItemInline
from sales.admin.orders import SalesOrderItemInline
from tests.admin.pages import filled, page_of
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order

pytestmark = pytest.mark.django_db
NOTICE = "more than 60 lines"


@pytest.fixture(autouse=True)
def sixty(monkeypatch):
    """Make what is long short: a thousand lines say nothing more."""
    for inline in (PurchaseOrderItemInline, SalesOrderItemInline):
        monkeypatch.setattr(inline, "most_written", 60)


@pytest.fixture
def goods():
    return VariationFactory()


def purchase(lines, place, goods, status="draft"):
    return make_order(*[1] * lines, variations=[goods] * lines, warehouse=place.own, status=status)


def shown_lines(answer, prefix="items"):
    (formset,) = [
        one.formset
        for one in answer.context["inline_admin_formsets"]
        if one.formset.prefix == prefix
    ]
    return len(formset.initial_forms)


def test_lines_of_an_order_that_is_not_long_are_all_written(manager, place, goods):
    order = purchase(60, place, goods)

    answer = manager.get(page_of(order))

    assert shown_lines(answer) == 60
    assert 'name="items-59-quantity_ordered"' in answer.content.decode()
    assert NOTICE not in answer.content.decode()


@pytest.mark.parametrize("kind", ["purchase", "sale"])
def test_lines_of_a_long_order_are_shown_in_pages_and_stay_as_they_are(manager, place, goods, kind):
    if kind == "purchase":
        order = purchase(61, place, goods)
    else:
        order = take_order(*[(goods, 1)] * 61, warehouse=place.own)
    before = list(order.items.values())

    first, second = manager.get(page_of(order)), manager.get(f"{page_of(order)}?items-page=2")
    saved = manager.post(page_of(order), filled(manager, page_of(order), notes="By the gate."))

    assert [shown_lines(answer) for answer in (first, second)] == [50, 11]
    assert NOTICE in first.content.decode()
    assert 'name="items-0-quantity' not in first.content.decode()
    assert saved.status_code == 302
    order.refresh_from_db()
    assert order.notes == "By the gate."
    assert list(order.items.values()) == before


def test_a_closed_order_is_shown_in_pages_without_a_word(manager, place, goods):
    order = purchase(55, place, goods, status="cancelled")

    answer = manager.get(page_of(order))

    assert shown_lines(answer) == 50
    assert "so they are shown in pages" not in answer.content.decode()


@pytest.mark.parametrize("page", ["²", "½", "0", "-1", 5_000 * "9", "x"])
def test_what_is_no_page_shows_the_first(manager, place, goods, page):
    order = purchase(61, place, goods)

    answer = manager.get(page_of(order), {"items-page": page})

    assert answer.status_code == 200
    assert shown_lines(answer) == 50
    text = answer.content.decode()
    assert '<a href="?items-page=2" aria-label="Page 2"' in text
    assert 'aria-current="page">1<' in text


def test_a_form_of_too_many_fields_is_refused_with_the_remedy(manager, place, goods, settings):
    order = purchase(3, place, goods)
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5

    answer = manager.post(page_of(order), {f"field-{number}": 1 for number in range(6)})

    assert answer.status_code == 400
    assert "Send fewer lines at once" in answer.content.decode()
    assert order.items.count() == 3
