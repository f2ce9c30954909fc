"""Drafts of what is short: how much, of whom, and never twice."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest
from django.utils import timezone

from common.exceptions import InvalidInput
from common.models import CompanySettings
from inventory.models import ProductSupplier
from operations.ledger_verification import verify_ledger
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from purchasing.services import drafts as service
from purchasing.services.drafts import draft_from_reorder_list, draft_from_shortage
from sales.models import SalesOrder
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return UserFactory(role="manager")


def offered(supplier=None, *, is_primary=True, variation=None, **terms):
    """Make a variation, or take one, and let a supplier offer its product."""
    variation = variation or VariationFactory()
    supplier = supplier or SupplierFactory()
    ProductSupplier.objects.create(
        product=variation.product, supplier=supplier, is_primary=is_primary, **terms
    )
    return variation


def made():
    """Return supplier, warehouse, SKU and quantity of what stands in drafts."""
    rows = PurchaseOrderItem.objects.filter(order__status="draft").order_by("pk")
    return list(
        rows.values_list(
            "order__supplier", "order__warehouse", "variation__sku_code", "quantity_ordered"
        )
    )


def test_a_shortage_is_what_orders_lack_after_all_that_is_there_or_on_its_way(boss, place):
    supplier = SupplierFactory(currency="EUR")
    variation = offered(supplier, cost_per_unit=Decimal("1.5"))
    put_in_stock(variation, place, 4)
    make_order(3, variations=[variation], warehouse=place, supplier=supplier, status="sent")
    order = take_order((variation, 12), warehouse=place)

    result = draft_from_shortage(sales_orders=[order], acting_user=boss)

    (draft,) = result.drafts
    assert made() == [(supplier.pk, place.pk, variation.sku_code, 5)]  # 12 - 4 - 3
    assert (draft.order.currency, draft.order.notes, draft.order.created_by) == (
        "EUR", f"For {order.order_number}", boss,
    )  # fmt: skip
    assert (draft.order.items.get().unit_cost, draft.subtotal) == (Decimal("1.5"), Decimal("7.5"))
    assert draft.order.subtotal == draft.subtotal
    assert result.not_ordered == []


def test_what_is_drafted_already_is_not_drafted_again(boss, place):
    variation = offered()
    order = take_order((variation, 5), warehouse=place)

    draft_from_shortage(sales_orders=[order], acting_user=boss)
    again = draft_from_shortage(sales_orders=[order], acting_user=boss)
    everything = draft_from_shortage(warehouse=place, acting_user=boss)

    assert (again.drafts, everything.drafts) == ([], [])
    assert [row[3] for row in made()] == [5]


def test_goods_on_their_way_serve_all_who_wait_once(boss, place):
    """10 are wanted, 6 come: 4 are short, and no selection of orders is short of more."""
    supplier = SupplierFactory()
    variation = offered(supplier)
    make_order(6, variations=[variation], warehouse=place, supplier=supplier, status="sent")
    first, second = (take_order((variation, 5), warehouse=place) for _ in range(2))

    one = draft_from_shortage(sales_orders=[first], dry_run=True, acting_user=boss)
    draft_from_shortage(sales_orders=[second], acting_user=boss)
    rest = draft_from_shortage(sales_orders=[first], acting_user=boss)

    assert [line.needed for line in one.drafts[0].lines] == [4]
    assert [row[3] for row in made()] == [4]
    assert rest.drafts == []


def test_orders_of_several_warehouses_make_a_draft_for_each_supplier_and_warehouse(boss, place):
    other = WarehouseFactory()
    first, second = SupplierFactory(), SupplierFactory()
    apple, pear = offered(first), offered(second)
    orders = [
        take_order((apple, 1), (pear, 2), warehouse=place),
        take_order((apple, 3), warehouse=place),
        take_order((apple, 4), warehouse=other),
    ]

    draft_from_shortage(sales_orders=orders, acting_user=boss)

    assert sorted(made()) == sorted(
        [
            (first.pk, place.pk, apple.sku_code, 4),
            (second.pk, place.pk, pear.sku_code, 2),
            (first.pk, other.pk, apple.sku_code, 4),
        ]
    )
    assert PurchaseOrder.objects.count() == 3


@pytest.mark.parametrize(
    ("needed", "minimum", "pack", "unit", "ordered"),
    [
        (5, None, None, "pieces", 5),
        (5, 20, None, "pieces", 20),
        (25, 20, None, "pieces", 25),
        (5, None, 12, "pieces", 12),
        (25, 20, 12, "pieces", 36),
        (24, 20, 12, "pieces", 24),
        (5, None, "2.5", "kg", 5),
        (6, None, "2.5", "kg", "7.5"),
        (6, None, "2.5", "pieces", 8),
    ],
)
def test_quantities_keep_the_suppliers_minimum_and_whole_packs(
    boss, place, needed, minimum, pack, unit, ordered
):
    variation = offered(
        variation=VariationFactory(stock_unit=unit), min_order_quantity=minimum, pack_size=pack
    )
    order = take_order((variation, needed), warehouse=place)

    draft_from_shortage(sales_orders=[order], acting_user=boss)

    assert [row[3] for row in made()] == [Decimal(ordered)]


def test_the_primary_supplier_supplies_else_a_preferred_one_that_is_active(boss, place):
    plain, preferred = SupplierFactory(), SupplierFactory(preferred=True)
    idle = SupplierFactory(status="inactive")
    first, second, third = (VariationFactory() for _ in range(3))
    for variation, suppliers in (
        (first, [(preferred, False), (plain, True)]),
        (second, [(idle, True), (plain, False), (preferred, False)]),
        (third, [(idle, True)]),
    ):
        for supplier, is_primary in suppliers:
            offered(supplier, variation=variation, is_primary=is_primary)
    order = take_order((first, 1), (second, 1), (third, 1), warehouse=place)

    result = draft_from_shortage(sales_orders=[order], acting_user=boss)

    assert {row[2]: row[0] for row in made()} == {
        first.sku_code: plain.pk,
        second.sku_code: preferred.pk,
    }
    assert [(need.variation, need.reason) for need in result.not_ordered] == [
        (third, "supplier_not_active")
    ]


def test_what_has_no_supplier_or_is_discontinued_is_told(boss, place):
    orphan, gone = VariationFactory(), offered()
    order = take_order((orphan, 2), (gone, 3), warehouse=place)
    gone.is_active = False
    gone.save()

    result = draft_from_shortage(sales_orders=[order], acting_user=boss)

    assert sorted(
        (need.variation.pk, need.quantity, need.reason) for need in result.not_ordered
    ) == sorted([(orphan.pk, 2, "no_supplier"), (gone.pk, 3, "discontinued")])
    assert made() == []


def test_closed_orders_are_refused_and_a_dry_run_makes_nothing(boss, place):
    variation = offered()
    order = take_order((variation, 2), warehouse=place)
    closed = take_order((variation, 2), warehouse=place)
    SalesOrder.objects.filter(pk=closed.pk).update(status="cancelled")
    closed.refresh_from_db()

    with pytest.raises(InvalidInput) as refusal:
        draft_from_shortage(sales_orders=[order, closed], acting_user=boss)
    dry = draft_from_shortage(sales_orders=[order], dry_run=True, acting_user=boss)

    assert list(refusal.value.details) == ["sales_orders.1"]
    assert [(line.needed, line.quantity) for line in dry.drafts[0].lines] == [(2, 2)]
    assert (dry.drafts[0].order, PurchaseOrder.objects.count()) == (None, 0)


def test_an_expired_reservation_waits_for_nothing_unless_its_order_is_named(boss, place):
    variation = offered()
    order = take_order((variation, 2), warehouse=place)
    SalesOrder.objects.filter(pk=order.pk).update(reservation_expired_at=timezone.now())

    everything = draft_from_shortage(warehouse=place, acting_user=boss)
    named = draft_from_shortage(sales_orders=[order], acting_user=boss)

    assert everything.drafts == []
    assert [line.needed for line in named.drafts[0].lines] == [2]


# The reorder list


def low(place, *, on_hand=2, point=5, supplier=None, **levels):
    variation = offered(
        supplier, variation=VariationFactory(reorder_level=Decimal(point), **levels)
    )
    put_in_stock(variation, place, on_hand)
    return variation


@pytest.mark.parametrize(
    ("levels", "ordered"),
    [
        ({"reorder_quantity": 10}, 10),
        ({"reorder_quantity": 2}, 4),  # 2 + 2 x 2 lifts it above 5
        ({"reorder_quantity": 3}, 6),  # 2 + 3 is 5: still at the reorder point
        ({"max_stock_level": 50}, 48),
        ({"reorder_quantity": 10, "max_stock_level": 50}, 10),
    ],
)
def test_a_low_balance_is_filled_by_its_quantity_or_up_to_its_maximum(boss, place, levels, ordered):
    variation = low(place, **levels)

    draft_from_reorder_list(warehouse=place, acting_user=boss)

    assert [row[2:] for row in made()] == [(variation.sku_code, ordered)]


def test_what_is_on_its_way_or_drafted_counts_as_there(boss, place):
    supplier = SupplierFactory()
    full, partly = (low(place, supplier=supplier, max_stock_level=50) for _ in range(2))
    make_order(40, variations=[full], warehouse=place, supplier=supplier, status="sent")
    make_order(1, variations=[partly], warehouse=place, supplier=supplier, status="sent")

    draft_from_reorder_list(warehouse=place, acting_user=boss)
    again = draft_from_reorder_list(warehouse=place, acting_user=boss)

    assert [row[2:] for row in made()] == [(partly.sku_code, 47)]  # 50 - 2 - 1
    assert again.drafts == []


def test_back_orders_are_wanted_on_top(boss, place):
    variation = low(place, on_hand=2, max_stock_level=50)
    take_order((variation, 7), warehouse=place)

    draft_from_reorder_list(warehouse=place, acting_user=boss)

    assert [row[3] for row in made()] == [55]  # 50 and the 5 that somebody waits for


def test_only_low_balances_of_the_warehouse_are_listed(boss, place):
    wanted = low(place, reorder_quantity=10)
    low(WarehouseFactory(), reorder_quantity=10)
    high = low(place, on_hand=6, reorder_quantity=10)
    unruly = low(place)
    unseen = offered()

    result = draft_from_reorder_list(warehouse=place, acting_user=boss)
    named = draft_from_reorder_list(
        warehouse=place, variations=[high, unruly, unseen], dry_run=True, acting_user=boss
    )

    assert [row[2] for row in made()] == [wanted.sku_code]
    assert [(need.variation, need.reason) for need in result.not_ordered] == [
        (unruly, "no_quantity")
    ]
    assert {(need.variation, need.reason) for need in named.not_ordered} == {
        (unruly, "no_quantity"), (high, "not_low"), (unseen, "not_low"),
    }  # fmt: skip
    assert named.drafts == []


@pytest.mark.parametrize("number", [1, 40])
def test_a_draft_of_any_length_takes_as_many_statements(
    boss, place, number, django_assert_num_queries
):
    supplier = SupplierFactory()
    for _ in range(number):
        low(place, supplier=supplier, reorder_quantity=10)
    CompanySettings.current()

    # With one for the demand of late, that the draft shows, and at the end one for the limit above
    # which somebody would be told to approve it.
    with django_assert_num_queries(20):
        draft_from_reorder_list(warehouse=place, acting_user=boss)

    assert len(made()) == number


# Two at once


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_order_the_same(boss, place):
    low(place, reorder_quantity=10)
    order = take_order((offered(), 3), warehouse=place)

    run_at_once(*[partial(draft_from_reorder_list, warehouse=place, acting_user=boss)] * 3)
    run_at_once(*[partial(draft_from_shortage, sales_orders=[order], acting_user=boss)] * 3)

    assert [row[3] for row in made()] == [10, 3]
    assert verify_ledger() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_warehouse_both_order(monkeypatch, boss, place):
    low(place, reorder_quantity=10)
    all_read = Barrier(2)
    sort = service.sort_needs

    def sort_when_all_have_read(needs):
        all_read.wait(timeout=30)
        return sort(needs)

    monkeypatch.setattr(service, "lock_places", lambda places, dry_run: places)
    monkeypatch.setattr(service, "sort_needs", sort_when_all_have_read)

    run_at_once(*[partial(draft_from_reorder_list, warehouse=place, acting_user=boss)] * 2)

    assert [row[3] for row in made()] == [10, 10]


def test_a_draft_is_expected_after_the_suppliers_lead_time(boss, place):
    variation = offered(SupplierFactory(lead_time_days=9))
    order = take_order((variation, 1), warehouse=place)

    (draft,) = draft_from_shortage(sales_orders=[order], acting_user=boss).drafts

    expected = draft.order.expected_delivery_date - draft.order.order_date
    assert expected == timedelta(days=9)
