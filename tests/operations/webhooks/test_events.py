"""What webhooks are told of: every change that the audit sees, in the transaction of its cause."""

import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from alerts.models import Alert
from common.audit_context import recorded_as
from common.models import AuditEntry
from inventory.models import Product, ProductVariation
from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from operations.models import Webhook, WebhookDelivery
from operations.webhooks.event_types import SUBJECTS, event_types, watched_types
from operations.webhooks.examples import example_of
from operations.webhooks.fan_out import tell_of_changes
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.purchasing import bring_to, make_order
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.transfers import make_transfer
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.factories.webhooks import make_webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook():
    return make_webhook()[0]


def told(hook=None):
    """Let the worker fan out what waits; return the names of events in order of their making."""
    deliver_due_messages()
    rows = WebhookDelivery.objects.exclude(event_type="stock.moved").order_by("pk")
    return list((rows.filter(webhook=hook) if hook else rows).values_list("event_type", flat=True))


def forget():
    told()
    WebhookDelivery.objects.all().delete()


def bodies():
    return [
        json.loads(body)
        for body in WebhookDelivery.objects.order_by("pk").values_list("body", flat=True)
    ]


def test_life_of_a_purchase_order_is_told_step_by_step(hook):
    order = make_order()
    forget()

    bring_to(order, "received", UserFactory(role="manager"))

    names = [name for name in told() if name != "purchase_order.updated"]
    assert names == ["purchase_order.sent", "purchase_order.received"]
    sent, received = (body for body in bodies() if body["type"] in names)
    assert sent == {
        "id": WebhookDelivery.objects.earliest("pk").event_id,
        "type": "purchase_order.sent",
        "timestamp": sent["timestamp"],
        "data": {
            "changed": sent["data"]["changed"],
            "warehouses": [order.warehouse.code],
            "object": {
                "type": "purchase_order",
                "id": order.pk,
                "code": order.order_number,
                "url": f"http://127.0.0.1:8000/api/purchase-orders/{order.order_number}/",
            },
            "status": {"from": "draft", "to": "sent"},
        },
    }
    assert "status" in sent["data"]["changed"]
    assert received["data"]["status"] == {"from": "sent", "to": "received"}


def test_new_documents_are_told_with_their_code(hook):
    variation, place = VariationFactory(), WarehouseFactory()
    put_in_stock(variation, place, 10)
    forget()

    sale = take_order((variation, 2), warehouse=place)
    transfer = make_transfer(source=place)

    assert {"sales_order.created", "transfer.requested"} <= set(told())
    codes = {body["type"]: body["data"]["object"]["code"] for body in bodies()}
    assert codes["sales_order.created"] == sale.order_number
    assert codes["transfer.requested"] == transfer.code


def test_product_is_told_of_with_changes_of_its_variations(hook):
    forget()
    product = VariationFactory(product__code="PRD-7/B").product
    assert told() == ["product.created"]
    forget()

    Product.objects.filter(pk=product.pk).update(name="Better")
    Product.objects.filter(pk=product.pk).update(status="discontinued")
    ProductVariation.objects.filter(product=product).update(selling_price=12)

    assert sorted(told()) == ["product.discontinued", "product.updated", "product.updated"]
    assert {body["data"]["object"]["url"] for body in bodies()} == {
        "http://127.0.0.1:8000/api/products/PRD-7/B/"
    }
    assert [body["data"]["changed"] for body in bodies()] == [
        ["name"], ["status"], ["selling_price"],
    ]  # fmt: skip


def test_changes_of_several_lines_in_one_statement_are_one_event(hook):
    product = VariationFactory().product
    VariationFactory(product=product, is_default=False)
    forget()

    ProductVariation.objects.filter(product=product).update(selling_price=12)

    assert told() == ["product.updated"]


def test_alerts_are_told_also_by_what_they_are_about(hook):
    variation = VariationFactory(reorder_level=20)
    forget()

    stock = put_in_stock(variation, quantity=10)

    names = [name for name in told() if name.startswith(("alert.", "stock."))]
    assert sorted(names) == ["alert.raised", "stock.low"]
    [raised] = [body for body in bodies() if body["type"] == "alert.raised"]
    assert raised["data"]["warehouses"] == [stock.warehouse.code]
    assert raised["data"]["object"]["code"] == Alert.objects.get().code


def test_bulk_writes_and_plain_sql_are_told_too(hook):
    forget()
    Product.objects.bulk_create(ProductFactory.build_batch(3))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_product SET name = name || '!'")

    assert sorted(told()) == ["product.created"] * 3 + ["product.updated"] * 3


def test_what_is_rolled_back_is_not_told(hook):
    forget()
    with transaction.atomic():
        SupplierFactory()
        transaction.set_rollback(True)

    assert told() == []


def test_event_is_fanned_out_once_however_often_it_is_handled(hook):
    SupplierFactory()
    told()
    before = list(WebhookDelivery.objects.values_list("event_id", flat=True))

    OutboxMessage.objects.filter(channel="event").update(status="pending")

    told()
    assert list(WebhookDelivery.objects.values_list("event_id", flat=True)) == before


def test_without_an_active_webhook_nothing_is_written(hook):
    forget()
    Webhook.objects.update(is_active=False)
    OutboxMessage.objects.all().delete()

    SupplierFactory()

    assert not OutboxMessage.objects.exists()
    assert AuditEntry.objects.filter(object_type="supplier").exists()


def test_each_webhook_hears_its_types_alone():
    suppliers, _ = make_webhook("supplier.created")
    products, _ = make_webhook("product.created", "product.updated")
    forget()

    SupplierFactory()
    ProductFactory()

    assert told(suppliers) == ["supplier.created"]
    assert told(products) == ["product.created"]


def test_webhook_of_a_warehouse_hears_of_that_one_and_of_what_belongs_to_none():
    own, foreign = WarehouseFactory(), WarehouseFactory()
    hook, _ = make_webhook(warehouse=own)
    forget()

    make_order(warehouse=foreign)
    ours = make_order(warehouse=own)

    names = told(hook)
    assert names.count("purchase_order.created") == 1
    assert {"supplier.created", "product.created"} <= set(names)
    [told_of] = [body for body in bodies() if body["type"] == "purchase_order.created"]
    assert told_of["data"]["object"]["code"] == ours.order_number


def test_transfer_is_told_at_both_ends():
    source, destination, other = WarehouseFactory.create_batch(3)
    hooks = [make_webhook(warehouse=place)[0] for place in (source, destination, other)]
    forget()

    make_transfer(source=source, to=destination)

    found = [told(hook).count("transfer.requested") for hook in hooks]
    assert found == [1, 1, 0]


def test_history_that_is_made_up_or_replayed_is_no_news(hook):
    forget()
    for command in ("seed_demo", "import_orders"):
        with recorded_as("command", command):
            SupplierFactory()
    with recorded_as("command", "import_suppliers"):
        SupplierFactory()

    assert told() == ["supplier.created"]


@pytest.mark.parametrize("objects", [1, 3])
def test_fan_out_takes_a_literal_number_of_statements(objects, django_assert_num_queries):
    make_webhook()
    make_webhook("supplier.created")
    forget()
    suppliers = SupplierFactory.build_batch(objects)
    type(suppliers[0]).objects.bulk_create(suppliers)
    [message] = OutboxMessage.objects.filter(topic="operations.rows_changed", status="pending")
    # Webhooks, entries, suppliers, and one INSERT.
    with django_assert_num_queries(4):
        tell_of_changes(message.payload["entries"])

    assert WebhookDelivery.objects.count() == 2 * objects


def test_many_entries_are_parted_among_events(hook):
    forget()
    OutboxMessage.objects.all().delete()

    Product.objects.bulk_create(ProductFactory.build_batch(1001))

    messages = OutboxMessage.objects.filter(topic="operations.rows_changed").order_by("pk")
    assert sorted(len(one.payload["entries"]) for one in messages) == [1, 500, 500]


def test_every_type_has_a_name_a_description_and_an_example():
    for name, one in event_types().items():
        example = example_of(one)
        assert (one.name, example["type"]) == (name, name)
        assert one.description.endswith(".")
        assert set(example) == {"id", "type", "timestamp", "data"}


def test_every_subject_is_audited_and_has_a_page_in_the_api(client):
    call_command("check")
    for subject in SUBJECTS:
        assert subject.object_type in watched_types()
        answer = client.get(subject.path.format(code="NONE-1"))
        assert answer.status_code == 401, subject.path
