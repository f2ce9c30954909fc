"""Products, variations, thresholds, categories and suppliers in the admin site."""

from decimal import Decimal

import pytest

from inventory.models import (
    Category,
    LowStockThreshold,
    Product,
    ProductVariation,
    Stock,
    StockMovement,
)
from suppliers.models import Supplier
from tests.admin.pages import (
    add_to,
    deletion_of,
    errors_of,
    filled,
    lines,
    list_of,
    page_of,
)
from tests.factories.inventory import CategoryFactory, ProductFactory, VariationFactory
from tests.factories.suppliers import SupplierFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]


def save(client, row, **changes):
    return client.post(page_of(row), filled(client, page_of(row), **changes))


def test_a_new_product_has_a_variation_and_its_stock(manager, place):
    answer = manager.post(
        add_to(Product),
        {
            "name": "Lamp",
            "code": "lamp-1",
            "status": "active",
            "currency": "eur",
            "category": CategoryFactory(name="Light").pk,
            "tags": "bright,small",
            "cost_price": "4",
            "selling_price": "9.90",
            "reorder_level": "3",
            "current_stock": "7.5",
            "stock_unit": "kilogram",
        },
    )

    assert answer.status_code == 302, errors_of(answer)
    product = Product.objects.get(code="LAMP-1")
    variation = product.default_variation
    assert (product.currency, product.category.name, product.tags) == (
        "EUR", "Light", ["bright", "small"],
    )  # fmt: skip
    assert (variation.sku_code, variation.selling_price) == ("LAMP-1", Decimal("9.90"))
    balance = Stock.objects.get(variation=variation)
    assert (balance.on_hand, balance.warehouse, balance.reorder_point) == (
        Decimal("7.5"), place.own, 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"code": "x"}, "Use 3 to 30 characters"),
        ({"name": ""}, "required"),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"selling_price": "1", "cost_price": "2"}, "below the cost price"),
        ({"cost_price": "9" * 20}, "less than or equal to"),
        ({"current_stock": "100000000"}, "less than or equal to 99999999.999"),
        ({"reorder_level": "0"}, "more than 0"),
        ({"category": "99999"}, "Select a valid choice"),
        ({"weight": "1e30"}, "less than or equal to"),
        ({"tags": ",".join(["a"] * 21)}, "At most 20"),
        ({"status": "sold"}, "Select a valid choice"),
    ],
)
def test_a_bad_new_product_is_refused_with_what_was_entered(manager, fields, text):
    body = {"name": "Lamp", "status": "active", "currency": "USD", "description": "Kept."}

    answer = manager.post(add_to(Product), {**body, **fields})

    assert text in errors_of(answer)
    assert not Product.objects.filter(description="Kept.").exists()
    assert answer.context["adminform"].form["description"].value() == "Kept."


def test_stock_cannot_begin_in_a_foreign_warehouse(manager, place):
    body = {"name": "Lamp", "status": "active", "currency": "USD", "current_stock": "5"}

    answer = manager.post(add_to(Product), {**body, "warehouse": place.foreign.pk})

    assert "Select a valid choice" in errors_of(answer)
    assert not Product.objects.filter(name="Lamp").exists()


def test_the_page_shows_the_stock_of_own_warehouses(manager, office, place):
    page = page_of(place.variation.product)

    mine, all_of_them = manager.get(page), office("admin").get(page)

    assert [row.warehouse for row in mine.context["stock_rows"]] == [place.own]
    assert [row.warehouse for row in all_of_them.context["stock_rows"]] == [
        place.own, place.foreign,
    ]  # fmt: skip
    assert place.foreign.name not in mine.content.decode()


def test_a_reorder_level_reaches_the_balances(manager, place):
    product = place.variation.product
    answer = save(manager, product, **{"variations-0-reorder_level": "12"})

    assert answer.status_code == 302, errors_of(answer)
    assert set(Stock.objects.values_list("reorder_point", "is_low")) == {(12, True)}


def test_variations_come_and_go_on_the_page(manager, place):
    product = place.variation.product
    spare = VariationFactory(product=product, is_default=False)
    body = filled(manager, page_of(product))
    body |= {
        "variations-TOTAL_FORMS": 3,
        "variations-0-is_default": "",
        "variations-1-is_default": "",
        "variations-1-DELETE": "on",
        "variations-2-sku_code": "blue-1",
        "variations-2-cost_price": "1",
        "variations-2-selling_price": "2",
        "variations-2-stock_unit": "pieces",
        "variations-2-is_default": "on",
        "variations-2-is_active": "on",
    }

    answer = manager.post(page_of(product), body)

    assert answer.status_code == 302, errors_of(answer)
    assert not ProductVariation.objects.filter(pk=spare.pk).exists()
    blue = ProductVariation.objects.get(sku_code="BLUE-1")
    place.variation.refresh_from_db()
    assert (blue.is_default, place.variation.is_default) == (True, False)


def test_a_product_keeps_one_default_variation(manager, place):
    body = filled(manager, page_of(place.variation.product))
    del body["variations-0-is_default"]

    answer = manager.post(page_of(place.variation.product), body)

    assert "Every product has a default variation" in errors_of(answer)
    place.variation.refresh_from_db()
    assert place.variation.is_default


def test_a_price_below_cost_wants_to_be_meant(manager, place):
    product = place.variation.product
    low = {"variations-0-selling_price": "1"}

    refused = save(manager, product, **low)
    assert "below the cost price" in errors_of(refused)
    place.variation.refresh_from_db()
    assert place.variation.selling_price == Decimal("9.99")

    assert (
        save(manager, product, **low, **{"variations-0-allow_below_cost": "on"}).status_code == 302
    )
    place.variation.refresh_from_db()
    assert place.variation.selling_price == 1


def test_a_refused_row_takes_nothing_with_it(manager, place):
    product = place.variation.product
    taken = VariationFactory()
    name = product.name

    answer = save(manager, product, name="Renamed", **{"variations-0-sku_code": taken.sku_code})

    assert "already exists" in errors_of(answer) or "is taken" in errors_of(answer)
    product.refresh_from_db()
    assert product.name == name


def test_another_products_variation_is_not_taken_over(manager, place):
    product, other = place.variation.product, VariationFactory()
    body = filled(manager, page_of(product), **{"variations-0-id": other.pk})
    body |= {"variations-0-sku_code": "STOLEN-1"}

    manager.post(page_of(product), body)

    other.refresh_from_db()
    assert other.sku_code != "STOLEN-1"


def test_suppliers_of_a_product(manager, place):
    product = place.variation.product
    first, second = SupplierFactory(), SupplierFactory()
    rows = lines(
        "sourcing",
        {"supplier": first.pk, "cost_per_unit": "2"},
        {"supplier": second.pk, "is_primary": "on"},
    )

    answer = save(manager, product, **rows)

    assert answer.status_code == 302, errors_of(answer)
    found = product.sourcing.order_by("supplier").values_list("supplier", "is_primary")
    assert list(found) == [(first.pk, False), (second.pk, True)]

    twice = save(
        manager, product, **lines("sourcing", {"supplier": first.pk}, {"supplier": first.pk})
    )
    assert "duplicate" in errors_of(twice)
    assert product.sourcing.count() == 2


def test_two_people_on_one_page(manager, office, place):
    product = place.variation.product
    mine = filled(manager, page_of(product), name="Mine")
    theirs = filled(office("admin"), page_of(product), **{"variations-0-selling_price": "12"})
    assert office("admin").post(page_of(product), theirs).status_code == 302

    answer = manager.post(page_of(product), mine)

    assert "Somebody else changed this" in errors_of(answer)
    assert answer.context["adminform"].form["name"].value() == "Mine"
    product.refresh_from_db()
    place.variation.refresh_from_db()
    assert (product.name != "Mine", place.variation.selling_price) == (True, 12)

    again = {**mine, "_version": answer.context["version"], "variations-0-selling_price": "12"}
    assert manager.post(page_of(product), again).status_code == 302
    product.refresh_from_db()
    assert product.name == "Mine"


def test_a_product_with_stock_is_discontinued_instead_of_deleted(manager, place):
    answer = manager.post(deletion_of(place.variation.product), {"post": "yes"}, follow=True)

    assert "discontinued instead" in errors_of(answer)
    assert Product.objects.get().status == "discontinued"


def test_a_product_without_stock_is_deleted(manager):
    product = VariationFactory().product

    manager.post(deletion_of(product), {"post": "yes"})

    assert not Product.objects.filter(pk=product.pk).exists()


def test_search_finds_by_sku_and_barcode(manager, place):
    ProductFactory(name="Other")
    place.variation.barcode = "4006381333931"
    place.variation.save()

    for term in (place.variation.sku_code.lower(), "4006381333931", place.variation.product.code):
        for model in (Product, Stock, StockMovement):
            found = manager.get(list_of(model), {"q": term}).context["cl"].queryset
            assert found.count() == 1, (term, model)


def test_thresholds(manager, place):
    body = {"variation": place.variation.pk, "warehouse": place.own.pk, "threshold": "11"}
    assert manager.post(add_to(LowStockThreshold), body).status_code == 302
    balance = Stock.objects.get(warehouse=place.own)
    assert (balance.reorder_point, balance.is_low) == (11, True)

    twice = manager.post(add_to(LowStockThreshold), body)
    foreign = manager.post(add_to(LowStockThreshold), {**body, "warehouse": place.foreign.pk})
    zero = manager.post(add_to(LowStockThreshold), {**body, "threshold": "0"})
    assert "has a threshold in" in errors_of(twice)
    assert "Select a valid choice" in errors_of(foreign)
    assert "greater than or equal to 0.001" in errors_of(zero)

    row = LowStockThreshold.objects.get()
    save(manager, row, threshold="9")
    assert Stock.objects.get(warehouse=place.own).reorder_point == 9
    manager.post(deletion_of(row), {"post": "yes"})
    assert Stock.objects.get(warehouse=place.own).reorder_point is None


def test_categories_close_no_circle(manager):
    top = CategoryFactory()
    below = CategoryFactory(parent=top)

    answer = save(manager, top, parent=below.pk)

    assert "lies below" in errors_of(answer)
    top.refresh_from_db()
    assert top.parent is None


def test_a_category_in_use_stays(manager):
    category = CategoryFactory()
    ProductFactory(category=category)

    answer = manager.post(deletion_of(category), {"post": "yes"}, follow=True)

    assert "has products" in errors_of(answer)
    assert Category.objects.filter(pk=category.pk).exists()


def test_suppliers(manager):
    body = {
        "company_name": "Acme",
        "status": "active",
        "rating": "3",
        "payment_terms": "30",
        "currency": "usd",
        "lead_time_days": "7",
        "minimum_order_value": "0",
        "email": "Sales@example.com",
    }
    assert manager.post(add_to(Supplier), body).status_code == 302
    acme = Supplier.objects.get()
    assert acme.code.startswith("SUP")
    assert (acme.currency, acme.created_by) == ("USD", manager.user)

    twin = manager.post(add_to(Supplier), {**body, "email": "sales@example.com"})
    huge = manager.post(add_to(Supplier), {**body, "email": "", "payment_terms": "9" * 12})
    assert "is taken" in twin.context["adminform"].form.errors["email"][0]
    assert "less than or equal to" in errors_of(huge)
    assert Supplier.objects.count() == 1

    save(manager, acme, company_name="Acme Ltd")
    acme.refresh_from_db()
    assert acme.company_name == "Acme Ltd"
    place = VariationFactory()
    place.product.sourcing.create(supplier=acme)
    answer = manager.post(deletion_of(acme), {"post": "yes"}, follow=True)
    assert "inactive" in errors_of(answer)
    assert Supplier.objects.filter(pk=acme.pk).exists()


@pytest.mark.parametrize("role", ["admin", "manager", "staff"])
@pytest.mark.parametrize("model", [Stock, StockMovement])
def test_balances_and_movements_are_only_read(office, place, role, model):
    client, row = office(role), model.objects.get(warehouse=place.own)
    before = list(model.objects.order_by("pk").values())

    assert client.get(add_to(model)).status_code == 403
    assert client.post(add_to(model), {"quantity": "5"}).status_code == 403
    assert client.post(page_of(row), {"on_hand": "5", "quantity": "5"}).status_code == 403
    assert client.post(deletion_of(row), {"post": "yes"}).status_code == 403

    assert list(model.objects.order_by("pk").values()) == before
