"""Health, figures, settings, and the product's own pages."""

from tests.matrix.table import Row

ALL = "200 200 200 200 200"
ADMIN = "200 403 403 403 403"

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
    Row("get", "/api/schedule/", own=ADMIN),
    Row("get", "/api/scan/?code=4006381333931", own=ALL),
    Row("get", "/api/search/?q=hammer", own=ALL),
    Row("put", "/api/settings/", own=ADMIN, body={"name": "Changed"}),
    Row("patch", "/api/settings/", own=ADMIN, body={"name": "Changed"}),
]
