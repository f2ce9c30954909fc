"""Purchase requests: everybody of a warehouse asks, its staff and managers decide."""

from inventory.models import Stock
from tests.factories.goods_requests import make_goods_request
from tests.matrix.rows.inventory import ALL, FOREIGN_DETAIL
from tests.matrix.table import Row, made

PATH = "/api/purchase-requests/"
DECIDE = "200 200 200 403 403"


@made
def goods_request(place):
    stock = Stock.objects.get(pk=place["stock"])
    return make_goods_request(
        1,
        warehouse=place.warehouse,
        variations=[stock.variation],
        reason=place.secret("request-reason"),
    ).code


def new_request(place):
    return {"warehouse": place["warehouse"], "items": [{"sku": place["sku"], "quantity": 2}]}


ROWS = [
    Row("get", PATH, own=ALL),
    Row("get", f"{PATH}?warehouse={{warehouse}}", own=ALL, foreign=ALL),
    Row("get", f"{PATH}{{goods_request}}/", own=ALL, foreign=FOREIGN_DETAIL),
    Row(
        "post",
        PATH,
        own="201 201 201 201 201",
        foreign="201 400 400 400 400",
        body=new_request,
    ),
    Row(
        "post",
        f"{PATH}approve/",
        own=DECIDE,
        foreign="200 400 400 403 403",
        body=lambda place: {"code": place["goods_request"], "decision": "approve"},
    ),
    Row(
        "post",
        f"{PATH}{{goods_request}}/approve/",
        own=DECIDE,
        foreign="200 404 404 403 403",
        body={"decision": "approve"},
    ),
    Row(
        "post",
        f"{PATH}{{goods_request}}/reject/",
        own=DECIDE,
        foreign="200 404 404 403 403",
        body={"note": "Not now."},
    ),
    # Only who asked takes a request back, and that is somebody else here.
    Row(
        "post",
        f"{PATH}{{goods_request}}/cancel/",
        own="403 403 403 403 403",
        foreign="403 404 404 404 404",
    ),
]
