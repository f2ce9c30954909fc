"""Adjustments: staff ask, managers of the warehouse decide."""

from decimal import Decimal

from inventory.models import AdjustmentRequest, Stock
from inventory.services.adjustments import Correction, request_adjustment
from tests.factories.users import UserFactory
from tests.matrix.rows.inventory import ALL, FOREIGN_DETAIL
from tests.matrix.table import Row, made

PATH = "/api/adjustment-requests/"
DECIDE = "200 200 403 403 403"


@made
def adjustment(place):
    stock = Stock.objects.get(pk=place["stock"])
    row = request_adjustment(
        warehouse=place.warehouse,
        corrections=[
            Correction(
                variation=stock.variation,
                quantity=Decimal(-300),
                reason_code="count",
                reason_description=place.secret("adjustment-reason"),
            )
        ],
        notes=place.secret("adjustment-notes"),
        acting_user=UserFactory(role="staff"),
    )
    assert row.status == AdjustmentRequest.Status.PENDING
    return row.code


def new_adjustment(place):
    item = {"sku": place["sku"], "quantity": 2, "reason_code": "found"}
    return {"warehouse": place["warehouse"], "items": [item]}


ROWS = [
    Row("get", PATH, own=ALL),
    Row("get", f"{PATH}?warehouse={{warehouse}}", own=ALL, foreign=ALL),
    Row("get", f"{PATH}{{adjustment}}/", own=ALL, foreign=FOREIGN_DETAIL),
    Row(
        "post",
        PATH,
        own="201 201 201 403 403",
        foreign="201 400 400 403 403",
        body=new_adjustment,
    ),
    Row(
        "post",
        f"{PATH}approve/",
        own=DECIDE,
        foreign="200 400 403 403 403",
        body=lambda place: {"code": place["adjustment"], "decision": "approve"},
    ),
    Row(
        "post",
        f"{PATH}{{adjustment}}/approve/",
        own=DECIDE,
        foreign="200 404 403 403 403",
        body={"decision": "approve"},
    ),
    Row(
        "post",
        f"{PATH}{{adjustment}}/cancel/",
        own="200 200 403 403 403",
        foreign="200 404 404 403 403",
    ),
]
