"""Catalogue and stock: everybody sees, managers and admins write, staff post."""

from inventory.models import LowStockThreshold, Stock
from tests.factories.inventory import (
    CategoryFactory,
    ProductFactory,
    VariationFactory,
    put_in_stock,
)
from tests.matrix.table import Row, made, shared

ALL = "200 200 200 200 200"
FOREIGN_DETAIL = "200 404 404 404 404"
WRITE = "200 200 403 403 403"
POST = "200 200 200 403 403"
CREATE = "201 201 403 403 403"


@shared
def category(place):
    return CategoryFactory().code


@shared
def product(place):
    return VariationFactory(sku_code="MATRIX-1").product.code


@shared
def sku(place):
    place["product"]
    return "MATRIX-1"


@shared
def unused_product(place):
    return ProductFactory().code


@shared
def unused_sku(place):
    return VariationFactory(is_default=False).sku_code


@made
def stock(place):
    variation = VariationFactory()
    balance = put_in_stock(
        variation,
        place.warehouse,
        1000,
        notes=place.secret("movement-notes"),
        reference_code=place.secret("movement-reference"),
        reason_description=place.secret("movement-reason"),
        bin_location=place.secret("movement-bin"),
        lot_number=place.secret("movement-lot"),
    )
    Stock.objects.filter(pk=balance.pk).update(bin_location=place.secret("bin"))
    return balance.pk


@made
def movement(place):
    return Stock.objects.get(pk=place["stock"]).movements.get().code


@made
def mistaken_movement(place):
    """Make a movement of goods that nothing else moves."""
    return put_in_stock(warehouse=place.warehouse, quantity=2).movements.get().code


@made
def threshold(place):
    row = LowStockThreshold.objects.create(
        variation=VariationFactory(), warehouse=place.warehouse, threshold=5
    )
    return row.pk


def new_threshold(place):
    return {"sku": place["sku"], "warehouse": place["warehouse"], "threshold": 7}


def new_movement(place):
    return {
        "sku": place["sku"],
        "warehouse": place["warehouse"],
        "movement_type": "inbound",
        "quantity": 5,
        "reason_code": "purchase_receipt",
    }


def placed_goods(place):
    stock = Stock.objects.filter(pk=place["stock"]).select_related("variation").first()
    sku = stock.variation.sku_code if stock else place["sku"]
    return {"warehouse": place["warehouse"], "items": [{"sku": sku, "bin_location": "B-1"}]}


def first_stock(place):
    return {"sku": place["sku"], "warehouse": place["warehouse"], "quantity": 5}


def catalogue(path, unused, new, change):
    return [
        Row("get", path, own=ALL),
        Row("get", f"{path}{{{unused}}}/", own=ALL),
        *([Row("post", path, own=CREATE, body=new)] if new else []),
        Row("put", f"{path}{{{unused}}}/", own=WRITE, body=change),
        Row("patch", f"{path}{{{unused}}}/", own=WRITE, body=change),
        Row("delete", f"{path}{{{unused}}}/", own="204 204 403 403 403"),
    ]


def of_warehouse(path, name, filters=("warehouse",)):
    return [
        Row("get", path, own=ALL),
        *[Row("get", f"{path}?{one}={{{one}}}", own=ALL, foreign=ALL) for one in filters],
        Row("get", f"{path}{{{name}}}/", own=ALL, foreign=FOREIGN_DETAIL),
    ]


ROWS = [
    *catalogue("/api/categories/", "category", {"name": "New"}, {"name": "Changed"}),
    *catalogue("/api/products/", "unused_product", {"name": "New"}, {"name": "Changed"}),
    Row("get", "/api/products/?warehouse={warehouse}", own=ALL, foreign="200 400 400 400 400"),
    Row(
        "post",
        "/api/products/",
        own=CREATE,
        foreign="201 400 403 403 403",
        body=lambda place: {
            "name": "New",
            "warehouse": place["warehouse"],
            "inventory": {"current_stock": 5},
        },
    ),
    *catalogue("/api/variations/", "unused_sku", None, {"barcode": "4006381333931"}),
    Row("get", "/api/variations/{sku}/barcode/", own=ALL),
    Row("get", "/api/variations/{sku}/qrcode/", own=ALL),
    Row(
        "post",
        "/api/labels/",
        own=ALL,
        body=lambda place: {"lines": [{"sku": place["sku"]}]},
    ),
    Row("get", "/api/products/{product}/variations/", own=ALL),
    Row("post", "/api/products/{product}/variations/", own=CREATE, body={"sku_code": "NEW-1"}),
    *of_warehouse("/api/low-stock-thresholds/", "threshold"),
    Row(
        "post",
        "/api/low-stock-thresholds/",
        own=CREATE,
        foreign="201 400 403 403 403",
        body=new_threshold,
    ),
    *[
        Row(
            method,
            "/api/low-stock-thresholds/{threshold}/",
            own=own,
            foreign=foreign,
            body={"threshold": 9},
        )
        for method, own, foreign in (
            ("put", WRITE, "200 404 403 403 403"),
            ("patch", WRITE, "200 404 403 403 403"),
            ("delete", "204 204 403 403 403", "204 404 403 403 403"),
        )
    ],
    *of_warehouse("/api/stocks/", "stock"),
    Row(
        "post",
        "/api/stocks/assign/",
        own="201 201 201 403 403",
        foreign="201 400 400 403 403",
        body=first_stock,
    ),
    Row("get", "/api/stocks/?as_of=2026-01-31", own=ALL),
    Row("get", "/api/stocks/{stock}/card/", own=ALL, foreign=FOREIGN_DETAIL),
    *[
        Row(
            method,
            "/api/stocks/{stock}/",
            own=POST,
            foreign="200 404 404 403 403",
            body={"bin_location": "B-1"},
        )
        for method in ("put", "patch")
    ],
    Row(
        "post",
        "/api/stocks/put-away/",
        own=POST,
        foreign="200 400 400 403 403",
        body=placed_goods,
    ),
    Row("get", "/api/stocks/valuation/", own=ALL),
    Row(
        "get",
        "/api/stocks/valuation/?as_of=2026-01-31&warehouse={warehouse}",
        own=ALL,
        foreign="200 400 400 400 400",
    ),
    *of_warehouse("/api/stock-movements/", "movement"),
    Row(
        "post",
        "/api/stock-movements/",
        own="201 201 201 403 403",
        foreign="201 400 400 403 403",
        body=new_movement,
    ),
    Row(
        "post",
        "/api/stock-movements/{mistaken_movement}/reverse/",
        own="201 201 201 403 403",
        foreign="201 404 404 403 403",
        body={"reason": "Wrong shelf"},
    ),
]
