"""Lines that the database writes say what their serializers would say."""

import csv
import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.utils import timezone

from common.api.renderers import NumberJSONRenderer
from inventory.models import Attachment
from purchasing.api.order_rows import with_items
from purchasing.api.receipt_serializers import ReceiptLineSerializer
from purchasing.api.serializers import OrderItemSerializer, PurchaseOrderSerializer
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from purchasing.services.charges import ChargeLine
from purchasing.services.orders import change_purchase_order
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.purchasing import make_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
PATH = "/api/purchase-orders/"
HOSTILE = 'Quote " \\ </script> \u2028 ä 🧰\x01\ttab'


@pytest.fixture
def order():
    product = ProductFactory(name=HOSTILE, lot_tracking=True, expiration_tracking=True)
    variations = [VariationFactory(product=product), VariationFactory(), VariationFactory()]
    made = make_order("2.001", "99999999.999", 12, variations=variations, status="sent")
    packed = made.items.get(position=3)
    PurchaseOrderItem.objects.filter(pk=packed.pk).update(
        packs=3, pack_size=4, pack_cost=Decimal("10.0005"), notes=HOSTILE
    )
    first, second, _ = made.items.all()
    lines = [
        ReceiptLine(
            item_id=first.pk,
            quantity_accepted=Decimal("0.5"),
            quantity_rejected=Decimal(1),
            lot_number='L"1',
            expiration_date=date(2031, 2, 3),
        ),
        ReceiptLine(item_id=second.pk, quantity_accepted=Decimal("1.125")),
    ]
    receive_purchase_order(order=made, lines=lines, acting_user=UserFactory(role="admin"))
    return made


def as_json(data):
    """Return what the API would write for it."""
    return json.loads(NumberJSONRenderer().render(data))


def test_lines_of_orders_and_of_receipts_are_those_of_their_serializers(api, order):
    answer = api("admin").get(f"{PATH}{order.order_number}/").json()

    items = OrderItemSerializer(order.items.all(), many=True).data
    assert answer["items"] == as_json(items)
    assert [line["unit"] for line in answer["items"]] == ["stock", "stock", "pack"]
    (receipt,) = order.receipts.all()
    lines = ReceiptLineSerializer(receipt.lines.all(), many=True).data
    assert [one["lines"] for one in answer["receipts"]] == [as_json(lines)]
    assert lines[0]["expiration_date"] == "2031-02-03"
    assert (answer["items"][0]["product_name"], answer["items"][2]["notes"]) == (HOSTILE, HOSTILE)


def test_a_list_shows_the_same_lines_and_so_does_a_file(api, order):
    client = api("admin")
    whole = client.get(f"{PATH}{order.order_number}/").json()

    (row,) = client.get(PATH).json()["purchase_orders"]
    text = b"".join(client.get(f"{PATH}?format=csv").streaming_content).decode()

    assert row["items"] == whole["items"]
    heading, values = csv.reader(StringIO(text, newline=""))
    cell = dict(zip(heading, values, strict=True))["items"]
    assert json.loads(cell) == whole["items"]
    assert cell.startswith('[{"id":')


def test_an_order_without_receipts_has_an_empty_list(api):
    order = make_order(1, warehouse=WarehouseFactory())

    answer = api("admin").get(f"{PATH}{order.order_number}/").json()

    assert (answer["receipts"], len(answer["items"])) == ([], 1)


def as_described(order):
    """Return the order as its serializers say it, with the files that belong to each part."""
    (row,) = with_items(PurchaseOrder.objects.filter(pk=order.pk)).prefetch_related("receipts")
    row.attachments = Attachment.objects.of_documents([("purchase_order", [row.pk])])
    for receipt in row.receipts.all():
        receipt.attachments = Attachment.objects.of_documents([("goods_receipt", [receipt.pk])])
    return as_json(PurchaseOrderSerializer(row).data)


def test_a_draft_is_what_its_serializer_says(api):
    order = make_order(1, 2, shipping_address={"name": HOSTILE, "country": "DE"})

    answer = api("admin").get(f"{PATH}{order.order_number}/").json()

    assert isinstance(answer.pop("version"), int)
    assert answer == as_described(order)
    assert answer["shipping_address"] == {"name": HOSTILE, "country": "DE"}


def test_an_order_with_all_that_belongs_to_one_is_what_its_serializer_says(api, order):
    admin = UserFactory(role="admin")
    values = {"tax_amount": Decimal("1.10"), "notes": HOSTILE, "rejected_by": admin}
    PurchaseOrder.objects.filter(pk=order.pk).update(
        **values, rejected_at=timezone.now(), approval_note=HOSTILE, approved_by=admin
    )
    charge = ChargeLine(kind="duty", amount=Decimal("7.03"), notes=HOSTILE)
    order.refresh_from_db()
    change_purchase_order(order=order, charges=[charge], reason=HOSTILE, acting_user=admin)
    receipt = order.receipts.get()
    for document_type, key in (("purchase_order", order.pk), ("goods_receipt", receipt.pk)):
        Attachment.objects.create(
            document_type=document_type, document_id=key, document_code="D", name=HOSTILE, size=1
        )

    answer = api("admin").get(f"{PATH}{order.order_number}/").json()

    assert isinstance(answer.pop("version"), int)
    assert answer == as_described(order)
    parts = [answer[name] for name in ("charges", "amendments", "receipts", "attachments")]
    assert [len(part) for part in parts] == [1, 1, 1, 1]
    assert [one["name"] for one in answer["receipts"][0]["attachments"]] == [HOSTILE]
