"""Health, figures, settings, and the product's own pages."""

from common.models import SavedView
from operations.exchange.kinds import KINDS
from operations.models import ImportJob
from tests.factories.users import UserFactory
from tests.matrix.table import Row, made, shared

ALL = "200 200 200 200 200"
ADMIN = "200 403 403 403 403"
# Whoever may import sends no file here; see tests/operations/exchange for those who do.
VIEWS = "/api/saved-views/"
OTHERS = "403 403 403 403 403"
NO_FILE = {
    "manage_catalogue": "400 400 403 403 403",
    "post_stock": "400 400 400 403 403",
    "manage_purchase_orders": "400 400 403 403 403",
    "manage_sales_orders": "400 400 403 400 403",
}
EXPORT = {
    "view_stock": ALL,
    "view_purchase_orders": "200 200 200 403 200",
    "view_sales_orders": "200 200 200 200 403",
}


@made
def import_job(place):
    """Of an admin: everybody else sees their own imports alone."""
    return ImportJob.objects.create(
        kind="products",
        file_name=place.secret("import"),
        size=0,
        state="checked",
        created_by=place.admin,
    ).pk


@shared
def saved_view(place):
    """Of somebody who is none of those that ask, and shared with everybody."""
    return SavedView.objects.create(
        owner=UserFactory(role="staff"),
        resource="stocks",
        name="Low",
        query="low_stock=true",
        is_shared=True,
    ).pk


ROWS = [
    # To those signed in to the back office by a session; see test_browser_rules.py.
    Row("get", "/", own=ALL, anonymous=200),
    Row("get", "/favicon.ico", own="302 302 302 302 302", anonymous=302),
    # To callers on this machine; see tests/operations/test_metrics.py for others.
    Row("get", "/metrics", own=ALL, anonymous=200),
    Row("get", "/api/schema/", own=ALL, anonymous=200),
    Row("get", "/api/docs/", own=ALL, anonymous=200),
    Row("get", "/api/health/", own=ALL, anonymous=200),
    Row("get", "/api/health/live/", own=ALL, anonymous=200),
    Row("get", "/api/health/ready/", own=ALL, anonymous=200),
    Row("get", "/api/session/login/", own=ALL, anonymous=200),
    Row("post", "/api/session/login/", own=ALL, anonymous=200, body={}),
    Row("post", "/api/session/logout/", own=ALL, anonymous=200),
    Row("get", "/api/settings/", own=ALL),
    Row("get", "/api/settings/logo/", own="404 404 404 404 404"),
    Row("get", "/api/schedule/", own=ADMIN),
    Row("get", "/api/scan/?code=4006381333931", own=ALL),
    Row("get", "/api/search/?q=hammer", own=ALL),
    *[
        Row("post", f"/api/{kind.resource}/import/", own=NO_FILE[kind.permission], body={})
        for kind in KINDS.values()
    ],
    *[
        Row("get", f"/api/{kind.resource}/{file}/", own=EXPORT[kind.view])
        for kind in KINDS.values()
        for file in ("export", "template")
    ],
    Row("get", "/api/import-jobs/", own=ALL),
    Row(
        "get",
        "/api/import-jobs/{import_job}/",
        own="200 404 404 404 404",
        foreign="200 404 404 404 404",
    ),
    Row(
        "post",
        "/api/import-jobs/{import_job}/confirm/",
        own="400 404 404 404 404",
        foreign="400 404 404 404 404",
    ),
    # Nothing of it was refused, so there are no rows to correct; it waits, so it can be cancelled.
    Row(
        "get",
        "/api/import-jobs/{import_job}/rows/",
        own="404 404 404 404 404",
        foreign="404 404 404 404 404",
    ),
    Row(
        "post",
        "/api/import-jobs/{import_job}/cancel/",
        own="200 404 404 404 404",
        foreign="200 404 404 404 404",
    ),
    # Streams are held by a process of their own; see tests/operations/events/.
    Row("get", "/api/events/", own="307 307 307 307 307"),
    Row(
        "get",
        "/api/events/?warehouse={warehouse}",
        own="307 307 307 307 307",
        foreign="307 400 400 400 400",
    ),
    Row("get", VIEWS, own=ALL),
    Row(
        "post",
        VIEWS,
        own="201 201 201 201 201",
        body={"resource": "lots", "name": "Mine", "parameters": {"search": "L-1"}},
    ),
    Row("get", f"{VIEWS}{{saved_view}}/", own=ALL),
    Row("put", f"{VIEWS}{{saved_view}}/", own=OTHERS, body={"name": "Mine"}),
    Row("patch", f"{VIEWS}{{saved_view}}/", own=OTHERS, body={"name": "Mine"}),
    Row("delete", f"{VIEWS}{{saved_view}}/", own="204 403 403 403 403"),
    Row("put", "/api/settings/", own=ADMIN, body={"name": "Changed"}),
    Row("patch", "/api/settings/", own=ADMIN, body={"name": "Changed"}),
]
