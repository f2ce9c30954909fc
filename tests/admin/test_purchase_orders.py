"""Purchase orders in the admin site: the same services, the same refusals."""

from decimal import Decimal

import pytest

from common.models import CompanySettings
from inventory.models import ProductSupplier, Stock
from notifications.models import OutboxMessage
from purchasing.models import PurchaseOrder
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from tests.admin.pages import add_to, buttons, errors_of, filled, lines, page_of, step_of
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import facts, incoming_of_balances, incoming_of_orders, make_order
from tests.factories.suppliers import SupplierFactory
from tests.pdf_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]
STEPS = {
    "draft": {"send", "receive", "cancel"},
    "sent": {"send_again", "confirm", "ship", "receive", "cancel"},
    "confirmed": {"send_again", "ship", "receive", "cancel"},
    "shipped": {"send_again", "receive", "cancel"},
    "partially_received": {"close", "send_again", "receive", "return"},
    "received": {"return"},
    "cancelled": set(),
}


def new_purchase(seller, place, *rows, **fields):
    return {
        "supplier": seller.pk,
        "warehouse": place.own.pk,
        **fields,
        **lines("items", *rows),
    }


@pytest.mark.parametrize("status", STEPS)
def test_a_purchase_order_shows_the_lawful_buttons(manager, office, place, status):
    order = make_order(warehouse=place.own, status=status)

    assert buttons(manager, order) == STEPS[status] | {"pdf", "copy"}
    assert buttons(office("staff"), order) == STEPS[status] & {"receive", "return"} | {"pdf"}


@pytest.mark.parametrize("step", ["send", "confirm", "ship", "receive", "cancel"])
@pytest.mark.parametrize("status", STEPS)
def test_a_step_that_is_not_lawful_says_so(manager, place, step, status):
    order = make_order(warehouse=place.own, status=status)
    before = facts(order)
    quantities = {f"line_{item.pk}": "1" for item in order.items.all()}

    answer = manager.post(step_of(order, step), quantities, follow=True)

    assert answer.status_code == 200
    if step in STEPS[status]:
        assert facts(order) != before
    else:
        assert "cannot become" in errors_of(answer)
        assert facts(order) == before


def test_asking_for_a_step_changes_nothing(manager, place):
    order = make_order(4, warehouse=place.own)
    before = facts(order)

    answer = manager.get(step_of(order, "receive"))

    assert "4 outstanding" in answer.content.decode()
    assert facts(order) == before


def test_a_purchase_order_from_the_first_line_to_the_shelf(manager, place):
    supplier = SupplierFactory(currency="EUR")
    other = VariationFactory(cost_price="7")
    answer = manager.post(
        add_to(PurchaseOrder),
        new_purchase(
            supplier,
            place,
            {"variation": place.variation.pk, "quantity_ordered": "5", "unit_cost": "2.5"},
            {"variation": other.pk, "quantity_ordered": "3"},
            notes="Ring twice.",
        ),
    )
    order = PurchaseOrder.objects.get()
    assert answer.status_code == 302, errors_of(answer)
    assert (order.currency, order.created_by, order.notes) == ("EUR", manager.user, "Ring twice.")
    assert order.total_amount == Decimal("33.50")

    manager.post(step_of(order, "send"))
    assert incoming_of_balances() == incoming_of_orders() != []
    first, second = order.items.all()
    manager.post(step_of(order, "receive"), {f"line_{first.pk}": "5", f"line_{second.pk}": "1"})
    order.refresh_from_db()
    assert order.status == "partially_received"
    answer = manager.post(
        step_of(order, "receive"), {f"line_{second.pk}": "2", "delivery_note": "D-7"}, follow=True
    )

    order.refresh_from_db()
    assert order.status == "received"
    assert "the goods are in stock" in errors_of(answer)
    assert order.receipts.last().delivery_note == "D-7"
    balances = Stock.objects.filter(warehouse=place.own).order_by("variation")
    assert [balance.on_hand for balance in balances] == [15, 3]


def test_draft_lines_change_on_the_page(manager, place):
    order = make_order(5, 6, warehouse=place.own)
    body = filled(manager, page_of(order), notes="Call first.")
    body |= {"items-0-quantity_ordered": "8", "items-1-DELETE": "on"}

    answer = manager.post(page_of(order), body)

    assert answer.status_code == 302, errors_of(answer)
    order.refresh_from_db()
    assert [item.quantity_ordered for item in order.items.all()] == [8]
    assert (order.subtotal, order.notes) == (Decimal("20.00"), "Call first.")


def test_lines_of_a_received_order_stay_whatever_is_posted(manager, place):
    order = make_order(5, warehouse=place.own, status="received")
    body = filled(manager, page_of(order))
    before = list(order.items.values())

    body |= {"items-0-quantity_ordered": "500", "supplier": "1", "notes": "New."}
    manager.post(page_of(order), body)

    order.refresh_from_db()
    assert list(order.items.values()) == before
    assert order.notes == "New."


def test_a_sent_order_is_amended_on_the_page(manager, place):
    order = make_order(5, 6, warehouse=place.own, status="sent")
    body = filled(manager, page_of(order), reason="Fewer.", notes="Call first.")
    body |= {"items-0-quantity_ordered": "8", "items-1-DELETE": "on"}

    answer = manager.post(page_of(order), body)

    assert answer.status_code == 302, errors_of(answer)
    assert [item.quantity_ordered for item in order.items.all()] == [8]
    amendment = order.amendments.get()
    assert (amendment.reason, amendment.amended_by) == ("Fewer.", manager.user)
    assert [change["field"] for change in amendment.changes] == [
        "notes", "quantity_ordered", "line",
    ]  # fmt: skip
    assert "quantity ordered 5 → 8" in manager.get(page_of(order)).content.decode()


def test_an_amendment_below_what_came_in_is_told_on_the_page(manager, place):
    order = make_order(5, 6, warehouse=place.own, status="sent")
    receive_purchase_order(
        order=order,
        lines=[ReceiptLine(item_id=order.items.first().pk, quantity_accepted=Decimal(3))],
        acting_user=manager.user,
    )
    before = facts(order)
    body = filled(manager, page_of(order)) | {"items-0-quantity_ordered": "2"}

    answer = manager.post(page_of(order), body)

    assert "3 received" in errors_of(answer)
    assert facts(order) == before


def test_what_awaits_approval_is_approved_or_rejected_by_somebody_else(manager, office, place):
    CompanySettings.objects.update_or_create(pk=1, defaults={"purchase_approval_limit": 5})
    order = make_order(5, warehouse=place.own, acting_user=manager.user)
    other = office("manager")

    assert buttons(other, order) == {"pdf", "approve", "reject", "copy", "cancel"}
    assert buttons(office("staff"), order) == {"pdf"}
    assert buttons(manager, order) == {"pdf", "copy", "cancel"}
    page = other.get(page_of(order)).content.decode()
    assert ("Pending" in page, "pending" in page) == (True, False)
    own = manager.post(step_of(order, "approve"), {"note": ""}, follow=True)
    assert "You asked for this yourself" in errors_of(own)
    other.post(step_of(order, "reject"), {"note": "Too dear."})
    assert buttons(other, order) == {"pdf", "approve", "copy", "cancel"}
    answer = other.post(step_of(order, "approve"), {"note": "Well."}, follow=True)

    assert "approved up to 12.50" in errors_of(answer)
    order.refresh_from_db()
    assert (order.approved_by, order.approval_note) == (other.user, "Well.")
    assert buttons(manager, order) == {"pdf", "send", "receive", "copy", "cancel"}


@pytest.mark.parametrize(
    ("row", "fields", "text"),
    [
        ({"quantity_ordered": "0"}, {}, "greater than or equal to 0.001"),
        ({"quantity_ordered": "100000000"}, {}, "less than or equal to 99999999.999"),
        ({"quantity_ordered": "NaN"}, {}, "Enter a number"),
        ({"quantity_ordered": "1.0001"}, {}, "3 decimal places"),
        ({"quantity_ordered": "1e400"}, {}, "Ensure"),
        ({"quantity_ordered": "1", "unit_cost": "-1"}, {}, "greater than or equal to 0"),
        ({"quantity_ordered": "1", "variation": "99999"}, {}, "Select a valid choice"),
        ({"quantity_ordered": "1", "variation": "x"}, {}, "Select a valid choice"),
        ({"quantity_ordered": "1"}, {"supplier": "99999"}, "Select a valid choice"),
        ({"quantity_ordered": "1"}, {"currency": "EURO"}, "at most 3 characters"),
        ({"quantity_ordered": "1"}, {"order_number": "PO 1"}, "Use 2 to 30 characters"),
        ({"quantity_ordered": "1"}, {"notes": "x\x00y"}, "Null characters"),
        ({"quantity_ordered": "1"}, {"tax_amount": "9" * 30}, "Ensure"),
        (
            {"quantity_ordered": "1"},
            {
                "order_date_0": "2026-02-01",
                "order_date_1": "10:00",
                "expected_delivery_date_0": "2026-01-01",
                "expected_delivery_date_1": "10:00",
            },
            "before the order date",
        ),
        (
            {"quantity_ordered": "1"},
            {"order_date_0": "9999-12-31", "order_date_1": "10:00"},
            "Too far in the future",
        ),
    ],
)
def test_bad_values_are_named_and_nothing_is_lost(manager, place, row, fields, text):
    line = {"variation": place.variation.pk, **row}
    body = new_purchase(SupplierFactory(), place, line, **{"notes": "Ring twice.", **fields})

    answer = manager.post(add_to(PurchaseOrder), body)

    assert answer.status_code == 200
    assert text in errors_of(answer)
    assert not PurchaseOrder.objects.exists()
    assert answer.context["adminform"].form["notes"].value() == fields.get("notes", "Ring twice.")


def test_an_order_without_lines_or_from_an_idle_supplier_is_refused(manager, place):
    idle = SupplierFactory(status="inactive")
    line = {"variation": place.variation.pk, "quantity_ordered": "1"}

    empty = manager.post(add_to(PurchaseOrder), new_purchase(SupplierFactory(), place))
    asleep = manager.post(add_to(PurchaseOrder), new_purchase(idle, place, line))

    assert "Order at least one item" in errors_of(empty)
    assert "is inactive" in errors_of(asleep)
    assert not PurchaseOrder.objects.exists()


def test_a_taken_number_is_refused_on_its_field(manager, place):
    make_order(warehouse=place.foreign, order_number="PO-7")
    line = {"variation": place.variation.pk, "quantity_ordered": "1"}

    answer = manager.post(
        add_to(PurchaseOrder), new_purchase(SupplierFactory(), place, line, order_number="po-7")
    )

    assert "already exists" in answer.context["adminform"].form.errors["order_number"][0]
    assert PurchaseOrder.objects.count() == 1


def test_a_foreign_warehouse_is_neither_offered_nor_taken(manager, place):
    line = {"variation": place.variation.pk, "quantity_ordered": "1"}
    body = new_purchase(SupplierFactory(), place, line, warehouse=place.foreign.pk)

    page = manager.get(add_to(PurchaseOrder))
    answer = manager.post(add_to(PurchaseOrder), body)

    offered = page.context["adminform"].form.fields["warehouse"].queryset
    assert list(offered) == [place.own]
    assert "Select a valid choice" in errors_of(answer)
    assert not PurchaseOrder.objects.exists()


@pytest.mark.parametrize("step", ["send", "receive", "cancel"])
def test_foreign_orders_take_no_step(manager, place, step):
    order = make_order(warehouse=place.foreign)
    before = facts(order)

    answer = manager.post(step_of(order, step))

    assert (answer.status_code, answer.url) == (302, "/admin/")
    assert facts(order) == before


def test_the_pdf_opens_from_the_page(manager, office, place):
    order = make_order(4, warehouse=place.own)
    foreign = make_order(4, warehouse=place.foreign)
    before = facts(order)

    answer = office("staff").get(step_of(order, "pdf"))

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert f"Purchase order {order.order_number}" in text_of(answer.content)
    assert manager.get(step_of(foreign, "pdf")).status_code == 403
    assert facts(order) == before


def test_send_tells_where_the_order_goes_and_send_again_mails_it_once_more(manager, place):
    order = make_order(4, warehouse=place.own)

    sent = manager.post(step_of(order, "send"), follow=True)
    before = facts(order)
    again = manager.post(step_of(order, "send_again"), follow=True)

    assert f"It goes to {order.supplier.email} by mail." in errors_of(sent)
    assert f"{order} is sent again." in errors_of(again)
    assert facts(order) == before
    mails = OutboxMessage.objects.filter(topic="purchasing.order_sent")
    assert [mail.address for mail in mails] == [order.supplier.email] * 2


def test_an_order_to_a_supplier_without_address_is_sent_without_mail(manager, place):
    order = make_order(4, warehouse=place.own, supplier=SupplierFactory(email=""))

    sent = manager.post(step_of(order, "send"), follow=True)
    again = manager.post(step_of(order, "send_again"), follow=True)

    assert "has no e-mail address: nothing is mailed" in errors_of(sent)
    assert "Enter one, then send again." in errors_of(again)
    assert OutboxMessage.objects.filter(topic="purchasing.order_sent").count() == 0


def test_goods_go_back_to_their_supplier_from_the_page(manager, place):
    order = make_order(5, 6, warehouse=place.own, status="received")
    first, second = order.items.select_related("variation")

    page = manager.get(step_of(order, "return")).content.decode()
    assert "5 may go back" in page
    assert "Lot" not in manager.get(step_of(order, "return")).context["form"].columns
    nothing = manager.post(step_of(order, "return"), {f"reason_{first.pk}": "damaged"})
    assert "Enter what goes back" in nothing.content.decode()
    too_much = manager.post(step_of(order, "return"), {f"line_{first.pk}": "5.001"}, follow=True)
    assert "More should go back than came in" in errors_of(too_much)
    assert f"Line 1, {first.variation.sku_code}: 5 may go back." in errors_of(too_much)
    assert not order.supplier_returns.exists()
    entered = {
        f"line_{first.pk}": "2", f"reason_{first.pk}": "damaged",
        f"line_{second.pk}": "1", f"reason_{second.pk}": "excess",
    }  # fmt: skip
    answer = manager.post(step_of(order, "return"), entered, follow=True)

    returned = order.supplier_returns.get()
    assert f"Sent back as {returned.return_number}; 7.50" in errors_of(answer)
    assert list(returned.items.values_list("item", "quantity", "reason")) == [
        (first.pk, 2, "damaged"), (second.pk, 1, "excess"),
    ]  # fmt: skip
    assert Stock.objects.get(variation=first.variation, warehouse=place.own).on_hand == 3
    listing = manager.get("/admin/purchasing/supplierreturn/?q=" + order.order_number)
    assert returned.return_number in listing.content.decode()


def test_packs_and_charges_are_written_on_the_page(manager, place):
    supplier = SupplierFactory()
    ProductSupplier.objects.create(product=place.variation.product, supplier=supplier, pack_size=12)
    answer = manager.post(
        add_to(PurchaseOrder),
        new_purchase(
            supplier, place, {"variation": place.variation.pk, "packs": "5", "pack_cost": "60"}
        ),
    )
    assert answer.status_code == 302, errors_of(answer)
    order = PurchaseOrder.objects.get()
    item = order.items.get()
    assert (item.packs, item.quantity_ordered, item.line_total) == (5, 60, 300)

    body = filled(manager, page_of(order))
    body |= {"items-0-packs": "6", "charges-TOTAL_FORMS": "1"}
    body |= {"charges-0-kind": "duty", "charges-0-amount": "7.5", "charges-0-spread": "value"}
    answer = manager.post(page_of(order), body)

    assert answer.status_code == 302, errors_of(answer)
    assert [(item.packs, item.quantity_ordered) for item in order.items.all()] == [(6, 72)]
    order.refresh_from_db()
    assert (order.charges.get().amount, order.charges_amount) == (7.5, 7.5)
