"""Stock counts: staff count, managers of the warehouse decide."""

from decimal import Decimal

from inventory.models import Stock
from inventory.services.counts.closing import submit_count
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import Scope, open_count
from tests.factories.inventory import put_in_stock
from tests.factories.users import UserFactory
from tests.matrix.rows.inventory import ALL, FOREIGN_DETAIL
from tests.matrix.table import Row, made

PATH = "/api/stock-counts/"
COUNT = "200 200 200 403 403"
FOREIGN_COUNT = "200 404 404 403 403"
DECIDE = "200 200 403 403 403"


def new_count(place):
    stock = put_in_stock(warehouse=place.warehouse, quantity=10)
    return open_count(
        warehouse=place.warehouse,
        scope=Scope(variations=[stock.variation]),
        notes=place.secret("count-notes"),
        acting_user=UserFactory(role="staff"),
    )


@made
def count(place):
    return new_count(place).code


@made
def counted(place):
    row, clerk = new_count(place), UserFactory(role="staff")
    line = row.lines.get()
    enter_counted(count=row, entries=[Entry(line=line, quantity=Decimal(10))], acting_user=clerk)
    return row.code


@made
def submitted(place):
    row, clerk = new_count(place), UserFactory(role="staff")
    line = row.lines.get()
    entry = Entry(line=line, quantity=Decimal(10), notes=place.secret("count-line"))
    enter_counted(count=row, entries=[entry], acting_user=clerk)
    return submit_count(count=row, acting_user=clerk).code


def opening(place):
    sku = Stock.objects.get(pk=place.own["stock"]).variation.sku_code
    return {"warehouse": place["warehouse"], "items": [{"sku": sku}]}


ROWS = [
    Row("get", PATH, own=ALL),
    Row("get", f"{PATH}?warehouse={{warehouse}}", own=ALL, foreign=ALL),
    Row("get", f"{PATH}{{count}}/", own=ALL, foreign=FOREIGN_DETAIL),
    Row("get", f"{PATH}{{submitted}}/sheet/", own=ALL, foreign=FOREIGN_DETAIL),
    Row("post", PATH, own="201 201 201 403 403", foreign="201 400 400 403 403", body=opening),
    Row("get", f"{PATH}{{submitted}}/lines/", own=ALL, foreign=FOREIGN_DETAIL),
    Row(
        "post",
        f"{PATH}{{counted}}/lines/",
        own="400 400 400 403 403",
        foreign="400 404 404 403 403",
        body={"lines": [{"sku": "NO-SUCH-SKU", "counted_quantity": 1}]},
    ),
    Row("get", f"{PATH}?assigned_to=nobody", own="400 400 400 400 400"),
    Row(
        "post",
        f"{PATH}{{count}}/assign/",
        own=COUNT,
        foreign=FOREIGN_COUNT,
        body={"assigned_to": None},
    ),
    Row("post", f"{PATH}{{counted}}/submit/", own=COUNT, foreign=FOREIGN_COUNT),
    Row("post", f"{PATH}{{count}}/cancel/", own=COUNT, foreign=FOREIGN_COUNT),
    Row(
        "post",
        f"{PATH}{{submitted}}/approve/",
        own=DECIDE,
        foreign="200 404 403 403 403",
        body={"decision": "approve"},
    ),
    Row(
        "post",
        f"{PATH}approve/",
        own=DECIDE,
        foreign="200 400 403 403 403",
        body=lambda place: {"code": place["submitted"], "decision": "approve"},
    ),
    Row(
        "get",
        "/api/count-plan/?warehouse={warehouse}",
        own=COUNT,
        foreign="200 400 400 403 403",
    ),
    Row(
        "post",
        "/api/count-plan/",
        own="201 201 201 403 403",
        foreign="201 400 400 403 403",
        body=lambda place: {"warehouse": place["warehouse"]},
    ),
]
