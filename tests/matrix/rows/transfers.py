"""Transfers: seen from either end; a manager asks, an admin decides, each end handles its goods."""

from tests.factories.transfers import make_transfer
from tests.factories.warehouses import WarehouseFactory
from tests.matrix.rows.inventory import ALL, FOREIGN_DETAIL
from tests.matrix.table import Row, made, shared

PATH = "/api/transfer-requests/"
DECIDE = "200 403 403 403 403"


@shared
def elsewhere(place):
    return WarehouseFactory(code="ELSEWHERE").code


@made
def transfer(place):
    return make_transfer(source=place.warehouse, notes=place.secret("transfer-notes")).code


@made
def approved_transfer(place):
    return make_transfer(source=place.warehouse, status="approved").code


@made
def coming_transfer(place):
    return make_transfer(to=place.warehouse, status="in_transit").code


def new_transfer(place):
    return {
        "from_warehouse": place["warehouse"],
        "to_warehouse": place["elsewhere"],
        "items": [{"sku": place["sku"], "quantity": 5}],
    }


ROWS = [
    Row("get", PATH, own=ALL),
    Row("get", f"{PATH}?from_warehouse={{warehouse}}", own=ALL, foreign=ALL),
    Row("get", f"{PATH}?to_warehouse={{warehouse}}", own=ALL, foreign=ALL),
    Row("get", f"{PATH}in-transit/", own=ALL),
    Row("get", f"{PATH}{{transfer}}/", own=ALL, foreign=FOREIGN_DETAIL),
    Row("get", f"{PATH}{{transfer}}/note/", own=ALL, foreign=FOREIGN_DETAIL),
    Row(
        "post",
        PATH,
        own="201 201 403 403 403",
        foreign="201 400 403 403 403",
        body=new_transfer,
    ),
    Row(
        "post",
        f"{PATH}approve/",
        own=DECIDE,
        foreign=DECIDE,
        body=lambda place: {"code": place["transfer"], "decision": "reject", "note": "No."},
    ),
    Row(
        "post",
        f"{PATH}{{transfer}}/approve/",
        own=DECIDE,
        foreign=DECIDE,
        body={"decision": "approve"},
    ),
    Row(
        "post",
        f"{PATH}{{approved_transfer}}/ship/",
        own="200 200 200 403 403",
        foreign="200 404 404 403 403",
    ),
    Row(
        "post",
        f"{PATH}{{coming_transfer}}/receive/",
        own="200 200 200 403 403",
        foreign="200 404 404 403 403",
    ),
    Row(
        "post",
        f"{PATH}{{coming_transfer}}/close/",
        own="200 200 403 403 403",
        foreign="200 404 403 403 403",
        body={"outcome": "lost", "note": "Gone."},
    ),
    Row(
        "post",
        f"{PATH}{{transfer}}/cancel/",
        own="200 200 403 403 403",
        foreign="200 404 403 403 403",
    ),
]
