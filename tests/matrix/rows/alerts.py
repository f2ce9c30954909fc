"""Alerts: everybody sees, staff and above act."""

from tests.factories.alerts import AlertFactory
from tests.matrix.table import Row, made

PATH = "/api/alerts/"


@made
def alert(place):
    row = AlertFactory(
        warehouse=place.warehouse,
        title=place.secret("alert-title"),
        message=place.secret("alert-message"),
        notes=place.secret("alert-notes"),
    )
    return row.code


def step(name, body=None):
    return Row(
        "post",
        f"{PATH}{{alert}}/{name}/",
        own="200 200 200 403 403",
        foreign="200 404 404 403 403",
        body=body,
    )


ROWS = [
    Row("get", PATH, own="200 200 200 200 200"),
    Row(
        "get",
        PATH + "?warehouse={warehouse}",
        own="200 200 200 200 200",
        foreign="200 200 200 200 200",
    ),
    Row("get", PATH + "{alert}/", own="200 200 200 200 200", foreign="200 404 404 404 404"),
    step("acknowledge"),
    step("resolve"),
    step("dismiss"),
    step("snooze", {"snoozed_until": "2099-01-01T00:00:00Z"}),
]
