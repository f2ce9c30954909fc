import pytest

from inventory.models import Category, Product, ProductVariation, StockMovement
from tests.factories.inventory import WHOLE_PRODUCT, ProductFactory, VariationFactory
from tests.factories.suppliers import SupplierFactory

pytestmark = pytest.mark.django_db


def test_create_answers_with_the_whole_product(manager):
    SupplierFactory(code="SUP002")

    answer = manager.post("/api/products/", WHOLE_PRODUCT)

    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["message"] == "Product created successfully"
    assert body["product_id"] == "NEWPRD-A1B2C3"
    assert body["id"] == Product.objects.get().pk
    for name in (
        "name", "description", "category", "subcategory", "sku", "barcode", "supplier_id",
        "warehouse_location", "status", "tags",
    ):  # fmt: skip
        assert body[name] == WHOLE_PRODUCT[name]
    assert body["pricing"].pop("last_updated").endswith("Z")
    assert body["pricing"] == WHOLE_PRODUCT["pricing"]
    assert body["inventory"] == {
        **WHOLE_PRODUCT["inventory"],
        "reserved_stock": 0,
        "available_stock": 0,
        "incoming_stock": 0,
        "stock_unit": "pieces",
    }
    assert body["suppliers"] == [
        {
            **WHOLE_PRODUCT["suppliers"][0],
            "supplier_product_code": "",
            "pack_size": None,
            "is_locked": False,
            "is_exclusive": False,
            "is_preferred": True,
        }
    ]
    assert body["created_by"] == body["last_modified_by"] == manager.user.code
    assert [text.partition(":")[0] for text in body["warnings"]] == ["barcode"]
    assert not StockMovement.objects.exists()


def test_only_a_name_is_required(manager):
    answer = manager.post("/api/products/", {"name": "Plain"})

    assert answer.status_code == 201
    body = answer.json()
    assert body["product_id"].startswith("PRD-")
    assert body["sku"] == body["product_id"]
    assert body["category"] is None
    assert body["supplier_id"] is None
    assert "warnings" not in body
    variation = ProductVariation.objects.get()
    assert variation.is_default
    assert variation.product.code == body["product_id"]


def test_codes_are_upper_cased(manager):
    body = manager.post(
        "/api/products/", {"name": "Bolt", "product_id": "abc-1/x", "sku": "sku.1"}
    ).json()

    assert (body["product_id"], body["sku"]) == ("ABC-1/X", "SKU.1")
    assert manager.get("/api/products/ABC-1/X/").json()["id"] == body["id"]
    assert manager.get("/api/products/ABC-1/X/variations").json()["variations"][0]["sku_code"]


def test_a_free_sku_is_found_where_the_product_id_is_taken_as_one(manager):
    VariationFactory(sku_code="BOLT-1")

    body = manager.post("/api/products/", {"name": "Bolt", "product_id": "BOLT-1"}).json()

    assert body["sku"] == "BOLT-1-2"


def test_duplicates_are_a_conflict_that_names_the_field(manager):
    first = VariationFactory()
    other = VariationFactory()

    for change, field in (
        ({"product_id": first.product.code.lower()}, "product_id"),
        ({"sku": first.sku_code}, "sku"),
    ):
        created = manager.post("/api/products/", {"name": "Twin", **change})
        updated = manager.patch(f"/api/products/{other.product.code}/", change)
        for answer in (created, updated):
            assert answer.status_code == 409
            assert answer.json()["code"] == "duplicate"
            assert list(answer.json()["details"]) == [field]
    assert Product.objects.count() == 2


def test_detail_has_the_shape_of_the_specification(manager):
    SupplierFactory(code="SUP002")
    manager.post(
        "/api/products/", {**WHOLE_PRODUCT, "specifications": {"weight": 250, "color": "Grey"}}
    )

    body = manager.get("/api/products/newprd-a1b2c3").json()

    assert set(body) >= {
        "product_id", "name", "description", "category", "subcategory", "sku", "barcode",
        "supplier_id", "pricing", "inventory", "suppliers", "specifications",
        "warehouse_location", "status", "tags", "created_at", "updated_at",
    }  # fmt: skip
    assert body["specifications"] == {
        "weight": 250,
        "dimensions": {"length": None, "width": None, "height": None},
        "color": "Grey",
    }


def test_what_was_read_can_be_sent_back_unchanged(manager):
    SupplierFactory(code="SUP002")
    manager.post("/api/products/", {**WHOLE_PRODUCT, "quantity": 7, "inventory": {}})
    body = manager.get("/api/products/NEWPRD-A1B2C3/").json()

    answer = manager.put("/api/products/NEWPRD-A1B2C3/", body)

    assert answer.status_code == 200, answer.content
    after = manager.get("/api/products/NEWPRD-A1B2C3/").json()
    new = {"updated_at": None, "version": None}
    assert {**after, **new} == {**body, **new}
    assert StockMovement.objects.count() == 1


def test_selling_below_cost_is_refused_unless_it_is_meant(manager):
    path = f"/api/products/{VariationFactory(cost_price=4, selling_price=9).product.code}/"

    for body in (
        {"pricing": {"selling_price": 3.99}},
        {"pricing": {"cost_price": 9.01}},
        {"pricing": {"cost_price": 5, "selling_price": 4}},
    ):
        answer = manager.patch(path, body)
        assert answer.status_code == 400
        assert list(answer.json()["details"]) == ["pricing.selling_price"]
    assert ProductVariation.objects.get().selling_price == 9

    allowed = manager.patch(path, {"pricing": {"selling_price": 3.99}, "allow_below_cost": True})
    assert allowed.status_code == 200
    assert allowed.json()["updated_fields"] == ["pricing.selling_price"]
    assert allowed.json()["pricing"]["selling_price"] == 3.99


def test_a_change_of_price_is_dated(manager):
    variation = VariationFactory()
    before = variation.prices_changed_at
    path = f"/api/products/{variation.product.code}/"

    manager.patch(path, {"name": "Other", "price": float(variation.selling_price)})
    variation.refresh_from_db()
    assert variation.prices_changed_at == before

    manager.patch(path, {"price": 50})
    variation.refresh_from_db()
    assert variation.prices_changed_at > before


def test_categories_are_made_once_and_found_in_any_case(manager):
    for category, subcategory in (("Tools", "Hand"), ("TOOLS", "hand"), ("Toys", "Hand")):
        manager.post(
            "/api/products/",
            {"name": "Thing", "category": category, "subcategory": subcategory},
        )

    assert Category.objects.count() == 4
    assert set(Category.objects.values_list("parent__name", "name")) == {
        (None, "Tools"),
        ("Tools", "Hand"),
        (None, "Toys"),
        ("Toys", "Hand"),
    }


def test_an_update_of_the_category_alone_keeps_a_fitting_subcategory(manager):
    manager.post(
        "/api/products/",
        {"name": "Saw", "product_id": "SAW", "category": "Tools", "subcategory": "Hand"},
    )

    def after(change):
        body = manager.patch("/api/products/SAW/", change).json()
        return body["category"], body["subcategory"]

    assert after({"category": "Tools"}) == ("Tools", "Hand")
    assert after({"subcategory": "Power"}) == ("Tools", "Power")
    assert after({"category": "Toys"}) == ("Toys", None)
    assert after({"category": None}) == (None, None)
    answer = manager.patch("/api/products/SAW/", {"subcategory": "Power"})
    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["category"]


def test_the_primary_supplier_changes_and_the_others_stay(manager):
    first, second = SupplierFactory(code="SUP001"), SupplierFactory(code="SUP002")
    manager.post("/api/products/", {"name": "Saw", "product_id": "SAW", "supplier_id": "SUP001"})

    body = manager.patch(
        "/api/products/SAW/", {"supplier_id": second.pk, "supplier_product_code": "X-9"}
    ).json()

    assert body["supplier_id"] == "SUP002"
    assert body["supplier_product_code"] == "X-9"
    assert [(row["supplier_id"], row["is_primary"]) for row in body["suppliers"]] == [
        ("SUP002", True),
        ("SUP001", False),
    ]
    body = manager.patch("/api/products/SAW/", {"suppliers": [{"supplier_id": first.pk}]}).json()
    assert [(row["supplier_id"], row["is_primary"]) for row in body["suppliers"]] == [
        ("SUP001", True)
    ]
    assert manager.patch("/api/products/SAW/", {"supplier_id": None}).json()["supplier_id"] is None


def test_specifications_are_changed_one_by_one(manager):
    manager.post(
        "/api/products/",
        {
            "name": "Saw",
            "product_id": "SAW",
            "weight": 250,
            "specifications": {"color": "Grey", "size": {"teeth": 40}},
        },
    )

    answer = manager.patch(
        "/api/products/SAW/",
        {"specifications": {"dimensions": {"length": 10.5}, "color": None, "blade": "steel"}},
    )

    assert answer.json()["specifications"] == {
        "weight": 250,
        "dimensions": {"length": 10.5, "width": None, "height": None},
        "size": {"teeth": 40},
        "blade": "steel",
    }


def test_a_product_without_history_is_deleted(manager):
    variation = VariationFactory()

    assert manager.delete(f"/api/products/{variation.product.code}/").status_code == 204
    assert not Product.objects.exists()


def test_a_product_without_variations_can_still_be_read(api):
    product = ProductFactory()

    body = api("viewer").get(f"/api/products/{product.pk}/").json()

    assert body["product_id"] == product.code
    assert body["inventory"]["current_stock"] == 0
