"""What is settled about a request before any view sees it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

STYLED_LIKE_THE_ADMIN = ("/admin/", "/account/", "/api/session/")
GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestSafetyMiddleware:
    """Refuse what PostgreSQL cannot store, and let API paths do without their last slash.

    HEAD gets the headers of GET alone: no export is written for nobody to read. Answers of the API
    are kept by no browser and no proxy, unless a view says otherwise.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        place = unstorable_place(request)
        if place:
            return JsonResponse(
                {
                    "error": "Invalid input",
                    "message": f"The {place} has a character that is not text. Remove it.",
                    "code": "invalid",
                    "details": {place: ["NUL bytes and broken Unicode are not text."]},
                },
                status=400,
            )
        is_api = request.path_info.startswith("/api/")
        if is_api and not request.path_info.endswith("/"):
            request.path_info += "/"
        response = self.get_response(request)
        if is_api:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return without_body(response) if request.method == "HEAD" else response


def without_body(response: HttpResponse) -> HttpResponse:
    """Empty an answer; its headers go on to tell what GET would bring."""
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = iter(())  # what was to be sent is closed with the answer
    else:
        response.content = b""
    return response


def unstorable_place(request: HttpRequest) -> str | None:
    """Name the part of the address that holds a NUL byte or broken Unicode, if any."""
    if not storable(request.path_info):
        return "path"
    query = unquote(request.META.get("QUERY_STRING", ""), errors="surrogateescape")
    return None if storable(query) else "query"


def storable(text: str) -> bool:
    return "\x00" not in text and "\ufffd" not in text and not _has_surrogate(text)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


class LocalTimeMiddleware:
    """Show and read times of the admin site by the clock of who asks; the API speaks UTC."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user if request.path_info.startswith("/admin/") else None
        with timezone.override(user.clock if user and user.is_authenticated else None):
            return self.get_response(request)


class ContentPolicyMiddleware(CSPMiddleware):
    """Tell browsers what pages may load and run; the admin's may do one thing more."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith(STYLED_LIKE_THE_ADMIN):
            parts.update = settings.CONTENT_SECURITY_ADMIN
        return parts
