import pytest

from inventory.models import Category, ProductVariation
from tests.factories.inventory import WHOLE_PRODUCT, VariationFactory, put_in_stock
from tests.factories.suppliers import SupplierFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


def test_list_row_has_the_fields_of_the_specification(manager, warehouse):
    SupplierFactory(code="SUP002")
    manager.post("/api/products/", WHOLE_PRODUCT | {"inventory": {"reorder_threshold": 20}})
    variation = ProductVariation.objects.get()
    put_in_stock(variation, warehouse, 75)
    put_in_stock(variation, WarehouseFactory(), 1000)

    row = manager.get("/api/products/").json()["products"][0]

    assert row.pop("updated_at").endswith("Z")
    assert row == {
        "id": variation.product_id,
        "product_id": "NEWPRD-A1B2C3",
        "name": "New Widget X",
        "category": "Tools",
        "subcategory": "Hand Tools",
        "sku": "WIDGET-X-001",
        "current_stock": 75,
        "available_stock": 75,
        "reorder_threshold": 20,
        "status": "pending",
        "unit_cost": 10.5,
        "selling_price": 25,
        "supplier_id": "SUP002",
    }


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_two_queries(api, django_assert_num_queries, count):
    for _ in range(count):
        put_in_stock()
    client = api("admin")

    with django_assert_num_queries(2):  # rows, stock
        rows = client.get("/api/products/").json()["products"]
    assert [row["current_stock"] for row in rows] == [10] * count


@pytest.mark.parametrize("count", [1, 3])
def test_the_detail_takes_five_queries(api, django_assert_num_queries, count):
    variation = VariationFactory()
    for number in range(count):
        variation.product.sourcing.create(supplier=SupplierFactory(), is_primary=number == 0)
        VariationFactory(product=variation.product, is_default=False)
    client = api("viewer")

    with django_assert_num_queries(5):  # product, variations, suppliers, the rule, stock
        assert client.get(f"/api/products/{variation.product.code}/").status_code == 200


def test_filters(api, warehouse):
    manager = api("manager", warehouse)
    SupplierFactory(code="SUP1")
    SupplierFactory(code="SUP2")
    manager.post(
        "/api/products/",
        {
            "name": "Café table",
            "product_id": "TABLE",
            "category": "Furniture",
            "subcategory": "Tables",
            "suppliers": [{"supplier_id": "SUP1", "is_primary": True}, {"supplier_id": "SUP2"}],
            "tags": ["wood"],
            "quantity": 5,
            "reorder_threshold": 5,
        },
    )
    manager.post(
        "/api/products/",
        {
            "name": "Lamp",
            "product_id": "LAMP",
            "sku": "LIGHT-77",
            "barcode": "0123456789012",
            "description": "Warm light",
            "category": "Furniture",
            "supplier_id": "SUP2",
            "status": "pending",
            "quantity": 50,
            "reorder_threshold": 5,
        },
    )
    manager.post("/api/products/", {"name": "Ghost", "product_id": "GHOST"})
    tables = Category.objects.get(name="Tables")

    def found(query):
        answer = manager.get(f"/api/products/?{query}")
        assert answer.status_code == 200, answer.content
        return [row["product_id"] for row in answer.json()["products"]]

    assert found("category=furniture") == ["TABLE", "LAMP"]
    assert found(f"category={tables.code}") == ["TABLE"]
    assert found("status=pending") == ["LAMP"]
    assert found("supplier_id=SUP2") == ["LAMP"]
    assert found("low_stock=true") == ["TABLE"]
    assert found("low_stock=false") == ["TABLE", "LAMP", "GHOST"]
    assert found(f"warehouse={warehouse.code}") == ["TABLE", "LAMP"]
    assert found(f"warehouse={warehouse.code}&low_stock=true") == ["TABLE"]
    assert found("tag=wood") == ["TABLE"]
    assert found("search=CAF%C3%89") == ["TABLE"]
    assert found("search=light-7") == ["LAMP"]
    assert found("search=34567890") == ["LAMP"]
    assert found("search=warm+lamp") == ["LAMP"]
    assert found("search=gho") == ["GHOST"]
    assert found("search=%25") == []
    assert found("ordering=-name") == ["LAMP", "GHOST", "TABLE"]
    assert found("ordering=unit_cost,-code") == ["TABLE", "LAMP", "GHOST"]


@pytest.mark.parametrize(
    "query",
    [
        "category=nope", "status=gone", "supplier_id=NOPE", "low_stock=perhaps", "warehouse=NOPE",
        "colour=red", "ordering=secret", "limit=101", "page=2", "page=1e3",
    ],
)  # fmt: skip
def test_unknown_filter_values_are_refused(manager, query):
    answer = manager.get(f"/api/products/?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [query.partition("=")[0]]


def test_a_foreign_warehouse_is_no_filter(manager):
    foreign = WarehouseFactory()

    assert manager.get(f"/api/products/?warehouse={foreign.code}").status_code == 400
