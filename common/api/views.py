"""Answers for requests that reach no endpoint, and the base of views that are no viewset."""

import sys
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults

from common.api.exception_handler import is_away
from common.api.safe_writes import SafeWriteMixin
from common.permissions import Can

COME_AGAIN = (
    "The database does not answer. Send the request again in a moment, a write with the same "
    "Idempotency-Key, which is then done once."
)
TOO_LARGE = (
    "The form was larger than one request may be, and nothing was saved. Send fewer lines at once, "
    "or use a file or the API."
)
TRY_AGAIN = "The database does not answer. Try again in a moment."


class ApiView(SafeWriteMixin):
    """A view of one path; `permissions` maps each lower-case method to what it requires."""

    permissions: dict[str, Can] = {}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    return shaped(404, "Not found", "not_found", "There is no such path. See /api/docs/.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not request.path.startswith("/api/"):
        told = TOO_LARGE if isinstance(exception, TooManyFieldsSent | RequestDataTooBig) else ""
        return render(request, "400.html", {"told": told}, status=400)
    return shaped(400, "Invalid input", "invalid", "The request is malformed. Check its encoding.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what nobody expected; a database that is away is no fault of the request.

    Whether a write was committed may be unknown then, which is what idempotency keys are for.
    """
    if is_away(sys.exc_info()[1]):
        response: HttpResponse = shaped(503, "Unavailable", "database_unavailable", COME_AGAIN)
        if not request.path.startswith("/api/"):
            response = HttpResponse(TRY_AGAIN, status=503, content_type="text/plain")
        response["Retry-After"] = "2"
        return response
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    return shaped(
        500, "Server error", "server_error", "This is our fault. It was logged; nothing was saved."
    )


def shaped(status: int, title: str, code: str, message: str) -> HttpResponse:
    body: dict[str, Any] = {"error": title, "message": message, "code": code, "details": {}}
    return JsonResponse(body, status=status)
