"""Open purchase orders from a file: judged by row, taken over as they stand elsewhere."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from common.models import CompanySettings
from inventory.models import ProductSupplier, Stock, StockMovement
from notifications.models import OutboxMessage
from operations.ledger_verification import verify_ledger
from purchasing.models import PurchaseOrder
from purchasing.services.receipts import receive_purchase_order
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import incoming_of_balances, incoming_of_orders, make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
HEADER = "order_number,supplier_id,warehouse,status,order_date,sku,quantity,unit_cost\n"


@pytest.fixture(autouse=True)
def company():
    WarehouseFactory(code="WH-A", is_default=True)
    WarehouseFactory(code="WH-B")
    SupplierFactory(code="SUP-A", currency="EUR", lead_time_days=9)
    SupplierFactory(code="SUP-OFF", status="inactive")
    for name in "12":
        VariationFactory(sku_code=f"SKU-{name}", cost_price=4, stock_unit="pieces")


def told(report):
    return [(one["line"], one["column"], one["problem"]) for one in report.problems]


def own_manager():
    user = UserFactory(role="manager")
    MembershipFactory(user=user, warehouse__code="WH-OWN", is_default=True)
    return user


def test_orders_are_taken_over_in_their_states_and_what_they_lack_is_incoming(bring):
    report = bring(
        "purchase_orders",
        "order_number;supplier_id;warehouse;status;order_date;expected_delivery_date;tax_amount;"
        "sku;quantity;quantity_received;unit_cost;line_notes\n"
        "po-1;sup-a;wh-a;Submitted;2026-01-31T10:30:00Z;2026-02-03;2,50;SKU-1;10;;1,2345;first\n"
        "PO-1;;;;;;;SKU-2;5;;2;\n"
        "PO-2;SUP-A;WH-B;partially_received;2026-01-30;;;SKU-1;8;3;1;\n"
        "PO-3;SUP-A;;draft;;;;SKU-1;7;;;\n",
    )

    assert (report.problems, report.lines) == ([], {"new": [[2, 5]]})
    first, second, third = PurchaseOrder.objects.order_by("pk")
    assert (first.order_number, first.supplier.code, first.warehouse.code, first.status) == (
        "PO-1", "SUP-A", "WH-A", "sent",
    )  # fmt: skip
    assert first.order_date == datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
    assert first.expected_delivery_date == datetime(2026, 2, 3, tzinfo=UTC)
    assert (first.subtotal, first.total_amount, first.currency) == (
        Decimal("22.35"), Decimal("24.85"), "EUR",
    )  # fmt: skip
    assert (first.created_by, first.approved_by, first.approved_total) == (
        bring.user, bring.user, Decimal("24.85"),
    )  # fmt: skip
    assert [
        (item.position, item.variation.sku_code, item.quantity_ordered, item.notes)
        for item in first.items.all()
    ] == [(1, "SKU-1", 10, "first"), (2, "SKU-2", 5, "")]
    assert second.items.get().quantity_outstanding == 5
    assert second.expected_delivery_date == datetime(2026, 2, 8, tzinfo=UTC)
    assert (third.status, third.items.get().unit_cost, third.approved_by) == ("draft", 4, None)
    assert third.expected_delivery_date - third.order_date == timedelta(days=9)
    assert incoming_of_balances() == incoming_of_orders()
    assert sum(Stock.objects.values_list("incoming", flat=True)) == 20
    assert StockMovement.objects.count() == 0
    assert verify_ledger() == []
    assert (len(mail.outbox), OutboxMessage.objects.filter(channel="email").count()) == (0, 0)


def test_what_was_taken_over_is_received_like_any_order(bring):
    bring("purchase_orders", HEADER + "PO-1,SUP-A,,shipped,2026-01-31,SKU-1,10,2\n")

    receive_purchase_order(order=PurchaseOrder.objects.get(), acting_user=bring.user)

    assert PurchaseOrder.objects.get().status == "received"
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.incoming, stock.average_cost) == (10, 0, 2)
    assert verify_ledger() == []


def test_a_line_without_a_cost_costs_what_the_supplier_asks(bring):
    variation = VariationFactory(sku_code="SKU-3", cost_price=9)
    supplier = make_order().supplier  # somebody else's offer is none of this supplier's
    for other, cost in ((supplier, 1), (SupplierFactory(code="SUP-B"), 3)):
        ProductSupplier.objects.create(
            product=variation.product, supplier=other, cost_per_unit=cost
        )

    bring(
        "purchase_orders",
        HEADER + "PO-1,SUP-B,,,,SKU-3,1,\nPO-1,,,,,SKU-1,1,\nPO-2,SUP-A,,,,SKU-3,1,\n",
    )

    costs = {
        order.order_number: [item.unit_cost for item in order.items.all()]
        for order in PurchaseOrder.objects.filter(order_number__in=["PO-1", "PO-2"])
    }
    assert costs == {"PO-1": [3, 4], "PO-2": [9]}


def test_the_same_file_again_changes_nothing_and_another_order_of_a_number_is_refused(bring):
    content = (
        HEADER + "PO-1,SUP-A,WH-A,sent,2026-01-31,SKU-1,10,2\nPO-1,,,,,SKU-2,1,2\n"
        "PO-2,SUP-A,WH-A,,,SKU-2,1,2\n"
    )
    bring("purchase_orders", content)
    before = list(PurchaseOrder.objects.values()), list(Stock.objects.values())

    again = bring("purchase_orders", content + "PO-3,SUP-A,,,,SKU-1,1,1\n", commit=False)
    other = bring("purchase_orders", content.replace("SKU-2,1,2", "SKU-2,2,2"))
    less = bring("purchase_orders", HEADER + "PO-1,SUP-A,WH-A,sent,2026-01-31,SKU-1,10,2\n")

    assert again.lines == {"unchanged": [[2, 4]], "new": [[5, 5]]}
    taken = (
        "This number is taken, by an order that differs. Files add orders; take its rows out, or"
        " choose another number."
    )
    assert told(other) == [(2, "order_number", taken), (4, "order_number", taken)]
    assert told(less) == [(2, "order_number", taken)]
    assert (list(PurchaseOrder.objects.values()), list(Stock.objects.values())) == before


def test_numbers_of_foreign_and_of_closed_orders_are_taken(bring):
    make_order(warehouse=WarehouseFactory(), order_number="PO-FAR")
    user = own_manager()
    make_order(
        warehouse=user.warehouse_memberships.get().warehouse, order_number="PO-OLD",
        status="cancelled",
    )  # fmt: skip

    report = bring(
        "purchase_orders",
        HEADER + "PO-FAR,SUP-A,,,,SKU-1,1,1\nPO-OLD,SUP-A,,,,SKU-1,1,1\n",
        user=user,
    )

    assert [(line, column) for line, column, _ in told(report)] == [
        (2, "order_number"), (3, "order_number"),
    ]  # fmt: skip
    assert report.totals["refused"] == 2


def test_every_bad_row_is_named_and_nothing_is_written(bring):
    VariationFactory(sku_code="SKU-OLD", is_active=False)
    report = bring(
        "purchase_orders",
        "order_number,supplier_id,warehouse,status,order_date,expected_delivery_date,currency,sku,"
        "quantity,quantity_received,unit_cost\n"
        ",SUP-A,WH-A,,,,,SKU-1,1,,1\n"
        "PO-2,NOBODY,WH-A,,,,,SKU-1,1,,1\n"
        "PO-3,,WH-A,,,,,SKU-1,1,,1\n"
        "PO-4,SUP-OFF,WH-A,,,,,SKU-1,1,,1\n"
        "PO-5,SUP-A,NOWHERE,,,,,SKU-1,1,,1\n"
        "PO-6,SUP-A,WH-A,received,soon,2026-13-01,,SKU-1,1,,1\n"
        "PO-7,SUP-A,WH-A,,2026-02-02,2026-02-01,USD,SKU-1,1,,1\n"
        "PO-8,SUP-A,WH-A,,,,,NO-SUCH,0,,-1\n"
        "PO-9,SUP-A,WH-A,,,,,SKU-1,1.5,,1\n"
        "PO-10,SUP-A,WH-A,,,,,SKU-OLD,1,,1\n"
        "PO-11,SUP-A,WH-A,sent,,,,SKU-1,2,1,1\n"
        "PO-12,SUP-A,WH-A,partially_received,,,,SKU-1,2,,1\n"
        "PO-13,SUP-A,WH-A,partially_received,,,,SKU-1,2,3,1\n"
        "PO-14,SUP-A,WH-A,,,,,SKU-1,1,,1\nPO-14,SUP-B,WH-A,,,,,SKU-1,1,,1\n",
    )

    assert told(report) == [
        (2, "order_number", "Fill this in."),
        (3, "supplier_id", "There is no such supplier. Import it first."),
        (4, "supplier_id", "Name the supplier."),
        (5, "supplier_id", "The supplier is inactive. Activate it or choose another."),
        (6, "warehouse", "There is no such warehouse among yours. Use the code of one."),
        (7, "expected_delivery_date",
         "Write the time as 2026-01-31T10:00:00Z, or a date as 2026-01-31."),
        (7, "order_date", "Write the time as 2026-01-31T10:00:00Z, or a date as 2026-01-31."),
        (7, "status", "Use one of: draft, sent, confirmed, shipped, partially_received."),
        (8, "currency",
         "The supplier bills in EUR. Leave the currency empty, or change that of the supplier."),
        (8, "expected_delivery_date", "Lies before the order date. Write a later date."),
        (9, "quantity", "Write a number greater than 0."),
        (9, "sku", "There is no such SKU. Import the product first."),
        (9, "unit_cost", "Write a number 0 or more."),
        (10, "quantity", "pieces are measured to 0 decimals. Round it."),
        (11, "sku", "It is discontinued. Activate it or order another."),
        (12, "status", "Goods came in. Write partially_received, or no quantity_received."),
        (13, "status", "Say what came in (quantity_received), or write shipped."),
        (14, "order_number",
         "Nothing of it is outstanding, and files hold open orders. Take its rows out."),
        (14, "quantity_received", "More than the 2 that were ordered."),
        (16, "supplier_id", "Not as on line 15, of the same order."),
        (16, "supplier_id", "There is no such supplier. Import it first."),
    ]  # fmt: skip
    assert PurchaseOrder.objects.count() == Stock.objects.count() == 0


def test_foreign_warehouses_are_unknown(bring):
    report = bring("purchase_orders", HEADER + "PO-1,SUP-A,WH-B,,,SKU-1,1,1\n", user=own_manager())

    assert told(report) == [
        (2, "warehouse", "There is no such warehouse among yours. Use the code of one.")
    ]


def test_orders_above_the_limit_come_in_as_drafts_alone(bring):
    CompanySettings.objects.update_or_create(pk=1, defaults={"purchase_approval_limit": 100})
    UserFactory(role="admin")
    rows = "PO-1,SUP-A,,{},,SKU-1,50,1.5\nPO-1,,,,,SKU-2,10,2.501\n"

    refused = bring("purchase_orders", HEADER + rows.format("sent"))
    report = bring("purchase_orders", HEADER + rows.format("draft"))

    assert told(refused) == [
        (
            2,
            "status",
            "The total of 100.01 is above the limit of 100.00. Import it as a draft, and let"
            " somebody approve it.",
        )
    ]
    assert report.is_imported
    assert PurchaseOrder.objects.get().approval_status == "pending"
    assert OutboxMessage.objects.filter(topic="purchasing.order_waits").count() == 0


PACKS = "order_number,supplier_id,sku,quantity,unit_cost,packs,pack_size,pack_cost\n"


def test_lines_of_packs_keep_them_and_cost_what_they_cost(bring):
    report = bring("purchase_orders", PACKS + "PO-1,SUP-A,SKU-1,36,,3,12,10\nPO-1,,SKU-2,2,5,,,\n")

    assert report.problems == []
    order = PurchaseOrder.objects.get()
    packed, loose = order.items.all()
    assert (packed.packs, packed.pack_size, packed.pack_cost) == (3, 12, 10)
    assert (packed.unit_cost, packed.line_total) == (Decimal("0.8333"), 30)
    assert (loose.packs, order.subtotal, order.total_amount) == (None, 40, 40)


def test_packs_that_do_not_add_up_are_refused(bring):
    report = bring(
        "purchase_orders",
        PACKS + "PO-1,SUP-A,SKU-1,36,,3,,10\nPO-2,SUP-A,SKU-1,35,,3,12,10\n"
        "PO-3,SUP-A,SKU-1,36,1,3,12,10\nPO-4,SUP-A,SKU-1,36,,1.5,0,10\n",
    )

    assert told(report) == [
        (2, "packs",
         "Say how many packs, of what size, at what cost each; or nothing of all three."),
        (3, "packs", "So many packs of 12 are not 35. Correct one of the three."),
        (4, "unit_cost", "Not what a pack costs by its size. Leave it empty."),
        (5, "pack_size", "Write a number greater than 0."),
        (5, "packs", "Write a number without decimals."),
    ]  # fmt: skip
    assert PurchaseOrder.objects.count() == 0


def test_goods_that_another_supplier_alone_sells_are_refused(bring):
    variation = VariationFactory(sku_code="SKU-3")
    ProductSupplier.objects.create(
        product=variation.product, supplier=SupplierFactory(code="SUP-B"), is_exclusive=True
    )

    report = bring("purchase_orders", HEADER + "PO-1,SUP-A,,,,SKU-3,1,1\nPO-2,SUP-B,,,,SKU-3,1,1\n")

    assert told(report) == [(2, "sku", "It is bought from SUP-B alone. Order it there.")]
    assert PurchaseOrder.objects.count() == 0


@pytest.mark.parametrize("number", [1, 60])
def test_many_orders_are_taken_over_in_as_many_statements(bring, number, django_assert_num_queries):
    rows = "".join(
        f"PO-{n},SUP-A,WH-A,sent,2026-01-31,SKU-1,1,1\nPO-{n},,,,,SKU-2,2,\n" for n in range(number)
    )

    CompanySettings.current()  # where a flush took them, they are made anew
    with django_assert_num_queries(87):
        bring("purchase_orders", HEADER + rows)

    assert PurchaseOrder.objects.count() == number
    assert sorted(Stock.objects.values_list("incoming", flat=True)) == [number, 2 * number]


def test_a_moment_in_the_future_may_be_expected(bring):
    day = (timezone.now() + timedelta(days=3)).date().isoformat()

    bring(
        "purchase_orders",
        f"order_number,supplier_id,sku,quantity,due_date\nPO-1,SUP-A,SKU-1,1,{day}\n",
    )

    assert PurchaseOrder.objects.get().expected_delivery_date.date().isoformat() == day
