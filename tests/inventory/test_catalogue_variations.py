import pytest

from inventory.models import Product, ProductVariation, Stock, StockMovement
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


def test_create_posts_the_opening_stock(manager, warehouse):
    product = VariationFactory().product

    answer = manager.post(
        f"/api/products/{product.code}/variations/",
        {
            "sku_code": "shirt-red-m",
            "attributes": {"color": "red", "size": "M"},
            "stock_level": 12.5,
            "stock_unit": "kg",
            "reorder_level": 3,
        },
    )

    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["message"] == "Variation created successfully"
    assert body["sku_code"] == "SHIRT-RED-M"
    assert body["product_id"] == product.code
    assert body["attributes"] == {"color": "red", "size": "M"}
    assert (body["stock_level"], body["available_stock"], body["reorder_level"]) == (12.5, 12.5, 3)
    assert body["is_default"] is False
    stock = Stock.objects.get()
    assert (stock.warehouse, stock.on_hand, stock.reorder_point) == (warehouse, 12.5, 3)
    assert StockMovement.objects.get().reason_code == "initial_stock"


def test_codes_are_made_and_the_first_one_is_the_default(manager):
    product = Product.objects.create(code="SHIRT", name="Shirt")

    skus = [
        manager.post(f"/api/products/{product.pk}/variations/", {}).json()["sku_code"]
        for _ in range(3)
    ]

    assert skus == ["SHIRT", "SHIRT-2", "SHIRT-3"]
    assert ProductVariation.objects.get(is_default=True).sku_code == "SHIRT"


def test_variations_of_an_unknown_product_are_not_found(manager):
    assert manager.get("/api/products/NOPE/variations/").status_code == 404
    assert manager.post("/api/products/NOPE/variations/", {}).status_code == 404
    assert not ProductVariation.objects.exists()


def test_a_duplicate_sku_is_a_conflict(manager):
    first, second = VariationFactory(), VariationFactory()

    created = manager.post(
        f"/api/products/{first.product.code}/variations/", {"sku": second.sku_code.lower()}
    )
    changed = manager.patch(f"/api/variations/{first.sku_code}/", {"sku_code": second.sku_code})

    for answer in (created, changed):
        assert answer.status_code == 409
        assert list(answer.json()["details"]) == ["sku_code"]
    assert ProductVariation.objects.count() == 2


@pytest.mark.parametrize("method", ["put", "patch"])
def test_an_update_is_partial(manager, method):
    variation = VariationFactory(attributes={"color": "red"})

    answer = getattr(manager, method)(
        f"/api/variations/{variation.pk}/", {"price": 20, "barcode": "123"}
    )

    assert answer.status_code == 200
    assert sorted(answer.json()["updated_fields"]) == ["barcode", "selling_price"]
    variation.refresh_from_db()
    assert (variation.selling_price, variation.barcode) == (20, "123")
    assert variation.attributes == {"color": "red"}


def test_the_stock_level_is_not_for_typing_in(manager, warehouse):
    stock = put_in_stock(warehouse=warehouse, quantity=10)
    path = f"/api/variations/{stock.variation.sku_code}/"

    same = manager.patch(path, {"stock_level": 10, "barcode": "1"})
    other = manager.patch(path, {"stock_level": 11, "barcode": "2"})

    assert same.status_code == 200
    assert other.status_code == 400
    assert list(other.json()["details"]) == ["stock_level"]
    assert ProductVariation.objects.get().barcode == "1"
    assert StockMovement.objects.count() == 1


def test_selling_below_cost_is_refused_unless_it_is_meant(manager):
    variation = VariationFactory(cost_price=4, selling_price=9)
    path = f"/api/variations/{variation.sku_code}/"

    refused = manager.patch(path, {"selling_price": 3})
    allowed = manager.patch(path, {"selling_price": 3, "allow_below_cost": True})

    assert refused.status_code == 400
    assert list(refused.json()["details"]) == ["selling_price"]
    assert allowed.status_code == 200


def test_another_variation_becomes_the_default(manager):
    first = VariationFactory()
    second = VariationFactory(product=first.product, is_default=False)

    refused = manager.patch(f"/api/variations/{first.pk}/", {"is_default": False})
    assert refused.status_code == 400
    assert manager.patch(f"/api/variations/{second.pk}/", {"is_default": True}).status_code == 200
    assert ProductVariation.objects.get(is_default=True) == second


def test_a_variation_without_history_is_deleted_and_one_with_stock_is_kept(manager, warehouse):
    default = VariationFactory()
    fresh = VariationFactory(product=default.product, is_default=False)
    stocked = VariationFactory(product=default.product, is_default=False)
    put_in_stock(stocked, warehouse)

    assert manager.delete(f"/api/variations/{fresh.sku_code}/").status_code == 204
    kept = manager.delete(f"/api/variations/{stocked.sku_code}/")
    refused = manager.delete(f"/api/variations/{default.sku_code}/")

    assert kept.status_code == 200
    assert kept.json()["is_active"] is False
    assert refused.status_code == 409
    assert refused.json()["code"] == "in_use"
    assert set(ProductVariation.objects.values_list("pk", "is_active")) == {
        (default.pk, True),
        (stocked.pk, False),
    }


BAD = [
    ({"sku_code": "A"}, "sku_code"),
    ({"sku_code": None}, "sku_code"),
    ({"attributes": []}, "attributes"),
    ({"attributes": "red"}, "attributes"),
    ({"attributes": None}, "attributes"),
    ({"attributes": {"n": 1e300}}, "attributes"),
    ({"cost_price": -1}, "cost_price"),
    ({"selling_price": "NaN"}, "selling_price"),
    ({"reorder_level": 0}, "reorder_level"),
    ({"reorder_level": 10**30}, "reorder_level"),
    ({"stock_level": -1}, "stock_level"),
    ({"is_default": {}}, "is_default"),
]


@pytest.mark.parametrize(("change", "field"), BAD)
@pytest.mark.parametrize("method", ["post", "patch"])
def test_bad_input_is_refused_by_its_field(manager, method, change, field):
    variation = VariationFactory()

    if method == "post":
        answer = manager.post(f"/api/products/{variation.product.code}/variations/", change)
    else:
        answer = manager.patch(f"/api/variations/{variation.pk}/", change)

    assert answer.status_code == 400, answer.content
    assert field in answer.json()["details"]
    assert ProductVariation.objects.count() == 1


def test_stock_is_that_of_the_own_warehouses(manager, warehouse):
    variation = VariationFactory()
    put_in_stock(variation, warehouse, 5)
    put_in_stock(variation, WarehouseFactory(), 70)

    assert manager.get(f"/api/variations/{variation.pk}/").json()["stock_level"] == 5
    assert manager.get("/api/variations/").json()["variations"][0]["stock_level"] == 5


def test_filters(manager):
    first = VariationFactory(sku_code="AAA", barcode="555")
    VariationFactory(sku_code="BBB", is_active=False)

    def found(query):
        rows = manager.get(f"/api/variations/?{query}").json()["variations"]
        return [row["sku_code"] for row in rows]

    assert found(f"product_id={first.product.code}") == ["AAA"]
    assert found("is_active=false") == ["BBB"]
    assert found("search=555") == ["AAA"]
    assert found("ordering=-sku_code") == ["BBB", "AAA"]
    assert manager.get("/api/variations/?product_id=NOPE").status_code == 400
    nested = manager.get(f"/api/products/{first.product.code}/variations/").json()
    assert [row["sku_code"] for row in nested["variations"]] == ["AAA"]
    assert nested["pagination"]["total_items"] == 1


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_two_queries(api, django_assert_num_queries, count):
    for _ in range(count):
        put_in_stock()
    client = api("viewer")

    with django_assert_num_queries(2):  # rows, stock
        assert len(client.get("/api/variations/").json()["variations"]) == count


@pytest.mark.parametrize("role", ["staff", "sales", "viewer"])
def test_only_managers_write(api, role):
    variation = VariationFactory()
    client = api(role)

    path = f"/api/products/{variation.product.code}/variations/"
    assert client.get(path).status_code == 200
    assert client.post(path, {}).status_code == 403
    assert client.patch(f"/api/variations/{variation.pk}/", {"barcode": "1"}).status_code == 403
    assert client.delete(f"/api/variations/{variation.pk}/").status_code == 403
    assert ProductVariation.objects.count() == 1


def test_codes_that_are_made_are_no_longer_than_codes_may_be(manager):
    product = Product.objects.create(code="P" * 30, name="Shirt")

    skus = [
        manager.post(f"/api/products/{product.code}/variations/", {}).json()["sku_code"]
        for _ in range(3)
    ]

    assert skus == ["P" * 30, "P" * 28 + "-2", "P" * 28 + "-3"]
