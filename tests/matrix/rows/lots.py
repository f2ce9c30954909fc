"""Lots and units: everybody sees those of their warehouses; staff set aside, managers correct."""

from datetime import date

from inventory.models import Lot, UnitOfMeasure
from inventory.services.lots import set_quarantine
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.matrix.table import Row, made, shared

ALL = "200 200 200 200 200"
FOREIGN = "200 404 404 404 404"


def lot_in(place):
    variation = VariationFactory(product=ProductFactory(lot_tracking=True))
    put_in_stock(
        variation,
        place.warehouse,
        10,
        lot_number=place.secret("lot"),
        expiration_date=date(2040, 1, 1),
    )
    return Lot.objects.get(variation=variation)


@made
def lot(place):
    return lot_in(place).code


@shared
def unit(place):
    return UnitOfMeasure.objects.get(code="kg").pk


@made
def quarantined_lot(place):
    found = lot_in(place)
    set_quarantine(
        lot=found,
        warehouses=[place.warehouse],
        quarantined=True,
        reason=place.secret("quarantine-reason"),
        acting_user=None,
    )
    return found.code


ROWS = [
    Row("get", "/api/lots/", own=ALL),
    Row("get", "/api/lots/?warehouse={warehouse}", own=ALL, foreign=ALL),
    Row("get", "/api/lots/{lot}/", own=ALL, foreign=FOREIGN),
    *[
        Row(
            method,
            "/api/lots/{lot}/",
            own="200 200 403 403 403",
            foreign="200 404 403 403 403",
            body={"expiration_date": "2041-01-01", "reason": "Misread"},
        )
        for method in ("put", "patch")
    ],
    Row(
        "post",
        "/api/lots/{lot}/quarantine/",
        own="200 200 200 403 403",
        foreign="200 404 404 403 403",
        body={"reason": "Glass"},
    ),
    Row(
        "post",
        "/api/lots/{quarantined_lot}/release/",
        own="200 200 200 403 403",
        foreign="200 404 404 403 403",
        body={"reason": "No glass"},
    ),
    Row(
        "get",
        "/api/lots/{quarantined_lot}/recall/",
        own="200 200 200 200 403",
        foreign="200 404 404 404 403",
    ),
    Row("get", "/api/units/", own=ALL),
    Row("get", "/api/units/{unit}/", own=ALL),
    Row(
        "post",
        "/api/units/",
        own="201 201 403 403 403",
        body={"code": "crates", "name": "crate", "decimals": 0},
    ),
    Row("get", "/api/stock-movements/?lot={lot}", own=ALL, foreign="200 400 400 400 400"),
]
