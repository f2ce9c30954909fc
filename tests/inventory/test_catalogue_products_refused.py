import pytest

from inventory.models import Product
from tests.factories.inventory import VariationFactory
from tests.factories.suppliers import SupplierFactory

pytestmark = pytest.mark.django_db


BAD = [
    ({"name": ""}, "name"),
    ({"name": None}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"name": {"a": 1}}, "name"),
    ({"product_id": "A"}, "product_id"),
    ({"product_id": "A B C"}, "product_id"),
    ({"product_id": "X" * 31}, "product_id"),
    ({"sku": "ä" * 5}, "sku"),
    ({"description": "x" * 1001}, "description"),
    ({"category": "x" * 101}, "category"),
    ({"category": ["Tools"]}, "category"),
    ({"barcode": "1" * 101}, "barcode"),
    ({"supplier_id": "NOPE"}, "supplier_id"),
    ({"supplier_id": 10**30}, "supplier_id"),
    ({"supplier_id": []}, "supplier_id"),
    ({"pricing": []}, "pricing"),
    ({"pricing": None}, "pricing"),
    ({"pricing": 5}, "pricing"),
    ({"pricing": {"cost_price": -1}}, "pricing.cost_price"),
    ({"pricing": {"cost_price": "NaN"}}, "pricing.cost_price"),
    ({"pricing": {"cost_price": 1e300}}, "pricing.cost_price"),
    ({"pricing": {"cost_price": None}}, "pricing.cost_price"),
    ({"pricing": {"selling_price": 1.999}}, "pricing.selling_price"),
    ({"pricing": {"selling_price": "1e2"}}, "pricing.selling_price"),
    ({"pricing": {"currency": "EURO"}}, "pricing.currency"),
    ({"inventory": {"current_stock": -1}}, "inventory.current_stock"),
    ({"inventory": {"current_stock": 100_000_000}}, "inventory.current_stock"),
    ({"inventory": {"current_stock": 0.0001}}, "inventory.current_stock"),
    ({"inventory": {"current_stock": True}}, "inventory.current_stock"),
    ({"inventory": {"current_stock": [5]}}, "inventory.current_stock"),
    ({"inventory": {"reorder_threshold": 0}}, "inventory.reorder_threshold"),
    ({"inventory": {"reorder_quantity": 0}}, "inventory.reorder_quantity"),
    ({"inventory": {"max_stock_level": -5}}, "inventory.max_stock_level"),
    ({"inventory": {"stock_unit": ""}}, "inventory.stock_unit"),
    ({"quantity": 1, "inventory": {"current_stock": 1}}, "quantity"),
    ({"suppliers": {}}, "suppliers"),
    ({"suppliers": None}, "suppliers"),
    ({"suppliers": [5]}, "suppliers.0"),
    ({"suppliers": [{}]}, "suppliers.0.supplier_id"),
    ({"suppliers": [{"supplier_id": "NOPE"}]}, "suppliers.0.supplier_id"),
    ({"suppliers": [{"supplier_id": "S1"}, {"supplier_id": "S1"}]}, "suppliers.1.supplier_id"),
    ({"suppliers": [{"supplier_id": "S1", "lead_time_days": 0}]}, "suppliers.0.lead_time_days"),
    (
        {
            "suppliers": [
                {"supplier_id": "S1", "is_primary": True},
                {"supplier_id": "S2", "is_primary": True},
            ]
        },
        "suppliers.1.is_primary",
    ),
    (
        {"supplier_id": "S2", "suppliers": [{"supplier_id": "S1", "is_primary": True}]},
        "supplier_id",
    ),
    ({"specifications": []}, "specifications"),
    ({"specifications": {"weight": -1}}, "specifications.weight"),
    ({"specifications": {"dimensions": 5}}, "specifications.dimensions"),
    ({"specifications": {"dimensions": {"length": -5}}}, "specifications.dimensions.length"),
    ({"specifications": {"power": 10**18}}, "specifications"),
    ({"specifications": {"a": {"b": {"c": {"d": {"e": {}}}}}}}, "specifications"),
    ({"specifications": {"x": "y" * 1001}}, "specifications"),
    ({"specifications": {str(n): n for n in range(101)}}, "specifications"),
    ({"status": "gone"}, "status"),
    ({"status": None}, "status"),
    ({"tags": "tool"}, "tags"),
    ({"tags": ["x"] * 21}, "tags"),
    ({"tags": ["x" * 51]}, "tags.0"),
    ({"tags": [None]}, "tags.0"),
    ({"seasonal": "sometimes"}, "seasonal"),
    ({"warehouse": {}}, "warehouse"),
    ({"warehouse_location": "x" * 101}, "warehouse_location"),
    ({"last_modified_by": "nobody"}, "last_modified_by"),
]


@pytest.mark.parametrize(("change", "field"), BAD)
@pytest.mark.parametrize("method", ["post", "patch"])
def test_bad_input_is_refused_by_its_field(manager, method, change, field):
    SupplierFactory(code="S1")
    SupplierFactory(code="S2")
    variation = VariationFactory()
    before = manager.get(f"/api/products/{variation.product.code}/").json()

    if method == "post":
        answer = manager.post("/api/products/", {"name": "Bolt", **change})
    else:
        answer = manager.patch(f"/api/products/{variation.product.code}/", change)

    assert answer.status_code == 400, answer.content
    assert field in answer.json()["details"]
    assert Product.objects.count() == 1
    assert manager.get(f"/api/products/{variation.product.code}/").json() == before


@pytest.mark.parametrize("body", ["[]", "null", "7", '"x"', "{", '{"name": NaN}', "[{}]", ""])
def test_a_body_that_is_no_object_is_refused(manager, body):
    answer = manager.post("/api/products/", body, content_type="application/json")

    assert answer.status_code == 400
    assert not Product.objects.exists()


def test_ten_megabytes_of_text_are_too_large(manager):
    answer = manager.post("/api/products/", {"name": "x" * 10_000_000})

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert not Product.objects.exists()


def test_form_data_is_understood(manager):
    answer = manager.post(
        "/api/products/", {"name": "Saw", "price": "5.50", "tags": "one"}, format="multipart"
    )

    assert answer.status_code == 201, answer.content
    assert answer.json()["pricing"]["selling_price"] == 5.5


def test_nobody_acts_for_somebody_else(api, manager):
    other = api("manager").user
    variation = VariationFactory()

    answer = manager.put(
        f"/api/products/{variation.product.code}/",
        {"name": "Changed", "last_modified_by": other.code},
    )

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["last_modified_by"]
    assert Product.objects.get().name != "Changed"


@pytest.mark.parametrize("role", ["staff", "sales", "viewer"])
def test_only_managers_write(api, role):
    product = VariationFactory().product
    client = api(role)

    assert client.get(f"/api/products/{product.code}/").status_code == 200
    assert client.post("/api/products/", {"name": "Saw"}).status_code == 403
    assert client.put(f"/api/products/{product.code}/", {"name": "Saw"}).status_code == 403
    assert client.patch(f"/api/products/{product.code}/", {"name": "Saw"}).status_code == 403
    assert client.delete(f"/api/products/{product.code}/").status_code == 403
    assert Product.objects.get().name == product.name
