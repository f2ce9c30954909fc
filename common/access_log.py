"""One log line and one measurement for each request."""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject
from prometheus_client import Histogram

logger = logging.getLogger("access")

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
# Asked every few seconds by machines: of interest only where something is being looked for.
QUIET = re.compile(r"^/(api/health|metrics|static/)")
HTTP_SECONDS = Histogram(
    "inventorypulse_http_request_seconds",
    "Time until the answer was there, by method, view and status.",
    ["method", "view", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)


class AccessLogMiddleware:
    """Tell of each request what was asked, by whom, and how it went; never query, headers, body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = perf_counter()
        response = self.get_response(request)
        seconds = perf_counter() - started
        method = request.method if request.method in METHODS else "OTHER"
        status = response.status_code
        HTTP_SECONDS.labels(method, view_of(request), str(status)).observe(seconds)
        path = escape_uri_path(request.path)
        logger.log(
            logging.DEBUG if QUIET.match(path) and status < 500 else logging.INFO,
            "%s %s %s", method, path, status,
            extra={
                "method": method, "path": path, "status": status,
                "ms": round(seconds * 1000, 1), "user": user_code(request),
            },
        )  # fmt: skip
        return response


def view_of(request: HttpRequest) -> str:
    """Return the name of the path's view, such as product-detail: there are not too many."""
    match = request.resolver_match
    return (match.view_name or match.route) if match else "unmatched"


def user_code(request: HttpRequest) -> str | None:
    """Return the code of who asked, if a view found out; asks the database nothing."""
    user: Any = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    return getattr(user, "code", None)
