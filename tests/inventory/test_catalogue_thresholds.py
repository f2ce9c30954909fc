import pytest

from inventory.models import LowStockThreshold, Stock
from inventory.services.thresholds import refresh_reorder_points
from inventory.signals import STOCK_LEVELS_CHANGED
from notifications.models import OutboxMessage
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
PATH = "/api/low-stock-thresholds/"


def crossed():
    """The balances that alerts were told of, one list an event."""
    events = OutboxMessage.objects.filter(topic=STOCK_LEVELS_CHANGED).order_by("pk")
    return [event.payload["stock_ids"] for event in events]


def test_a_reorder_level_reaches_every_balance_and_alerts_hear_of_the_low_ones(manager, warehouse):
    variation = VariationFactory()
    low = put_in_stock(variation, warehouse, 5)
    plenty = put_in_stock(variation, WarehouseFactory(), 50)

    manager.patch(f"/api/products/{variation.product.code}/", {"reorder_threshold": 10})
    assert list(Stock.objects.values_list("reorder_point", "is_low")) == [(10, True), (10, False)]
    assert crossed() == [[low.pk]]

    manager.patch(f"/api/variations/{variation.pk}/", {"reorder_level": 50})
    assert crossed() == [[low.pk], [plenty.pk]]

    manager.patch(f"/api/variations/{variation.pk}/", {"reorder_level": None})
    assert list(Stock.objects.values_list("reorder_point", "is_low")) == [(None, False)] * 2
    assert crossed() == [[low.pk], [plenty.pk], [low.pk, plenty.pk]]


def test_a_threshold_is_in_force_in_its_warehouse_until_it_is_deleted(manager, warehouse):
    variation = VariationFactory(reorder_level=3)
    here = put_in_stock(variation, warehouse, 5)
    there = put_in_stock(variation, WarehouseFactory(), 5)
    OutboxMessage.objects.all().delete()

    answer = manager.post(PATH, {"sku": variation.sku_code, "threshold": 8})

    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["message"] == "Threshold created successfully"
    assert (body["product_id"], body["sku"]) == (variation.product.code, variation.sku_code)
    assert (body["warehouse"], body["threshold"]) == (warehouse.code, 8)
    assert points() == {here.pk: 8, there.pk: 3}
    assert crossed() == [[here.pk]]

    changed = manager.patch(f"{PATH}{body['id']}/", {"threshold": 4.5})
    assert changed.json()["updated_fields"] == ["threshold"]
    assert points() == {here.pk: 4.5, there.pk: 3}
    assert crossed() == [[here.pk], [here.pk]]

    assert manager.delete(f"{PATH}{body['id']}/").status_code == 204
    assert points() == {here.pk: 3, there.pk: 3}


def points():
    return dict(Stock.objects.values_list("pk", "reorder_point"))


def test_a_balance_made_later_has_the_threshold(manager, warehouse):
    variation = VariationFactory(reorder_level=3)
    manager.post(PATH, {"product_id": variation.product.code, "threshold": 8})

    assert put_in_stock(variation, warehouse, 5).reorder_point == 8
    assert put_in_stock(variation, WarehouseFactory(), 5).reorder_point == 3


def test_refreshing_again_changes_nothing(manager, warehouse, django_assert_num_queries):
    variation = VariationFactory(reorder_level=3)
    put_in_stock(variation, warehouse, 5)

    with django_assert_num_queries(3):  # savepoint, update, release
        assert refresh_reorder_points([variation.pk]) == 0


def test_what_was_read_can_be_sent_back_but_not_moved(manager, warehouse):
    manager.post(PATH, {"product_id": VariationFactory().product.code, "threshold": 8})
    row = manager.get(PATH).json()["low_stock_thresholds"][0]
    path = f"{PATH}{row['id']}/"

    assert manager.put(path, row).status_code == 200
    for field, value in (
        ("warehouse", WarehouseFactory().code),
        ("sku", VariationFactory().sku_code),
    ):
        answer = manager.put(path, {**row, field: value})
        assert answer.status_code == 400
        assert list(answer.json()["details"]) == [field]
    assert manager.get(PATH).json()["low_stock_thresholds"][0]["warehouse"] == warehouse.code


def test_a_second_threshold_is_a_conflict(manager):
    variation = VariationFactory()
    body = {"sku": variation.sku_code, "threshold": 8}
    manager.post(PATH, body)

    answer = manager.post(PATH, {**body, "threshold": 9})

    assert answer.status_code == 409
    assert list(answer.json()["details"]) == ["warehouse"]
    assert LowStockThreshold.objects.get().threshold == 8


def test_foreign_thresholds_do_not_exist(api, manager):
    foreign = WarehouseFactory()
    variation = VariationFactory()
    row = LowStockThreshold.objects.create(variation=variation, warehouse=foreign, threshold=5)

    assert manager.get(PATH).json()["low_stock_thresholds"] == []
    assert manager.get(f"{PATH}{row.pk}/").status_code == 404
    assert manager.patch(f"{PATH}{row.pk}/", {"threshold": 6}).status_code == 404
    assert manager.delete(f"{PATH}{row.pk}/").status_code == 404
    answer = manager.post(
        PATH, {"sku": variation.sku_code, "warehouse": foreign.code, "threshold": 1}
    )
    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["warehouse"]
    assert LowStockThreshold.objects.get().threshold == 5
    assert api("admin").get(f"{PATH}{row.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"threshold": 0}, "threshold"),
        ({"threshold": -1}, "threshold"),
        ({"threshold": None}, "threshold"),
        ({"threshold": "many"}, "threshold"),
        ({"threshold": 1e12}, "threshold"),
        ({"sku": "NOPE"}, "sku"),
        ({"sku": {}}, "sku"),
        ({"sku": None}, "product_id"),
        ({"warehouse": []}, "warehouse"),
    ],
)
def test_bad_input_is_refused_by_its_field(manager, change, field):
    body = {"sku": VariationFactory().sku_code, "threshold": 5, **change}

    answer = manager.post(PATH, body)

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]
    assert not LowStockThreshold.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_one_query(api, django_assert_num_queries, count):
    for _ in range(count):
        LowStockThreshold.objects.create(
            variation=VariationFactory(), warehouse=WarehouseFactory(), threshold=5
        )
    client = api("admin")

    with django_assert_num_queries(1):
        assert len(client.get(PATH).json()["low_stock_thresholds"]) == count


@pytest.mark.parametrize("role", ["staff", "sales", "viewer"])
def test_only_managers_write(api, warehouse, role):
    body = {"sku": VariationFactory().sku_code, "threshold": 5}

    assert api(role, warehouse).post(PATH, body).status_code == 403
    assert not LowStockThreshold.objects.exists()
