"""Every API error leaves the system here, in one shape."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as drf_exception_handler

from common.exceptions import DomainError

TITLES = {
    400: "Invalid input",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    422: "Idempotency key reused",
    429: "Too many requests",
    503: "Busy",
}
PLAIN_ERRORS: list[tuple[type[Exception], int, str, str]] = [
    (
        ProtectedError,
        409,
        "in_use",
        "Other records still refer to this one. Deactivate it instead.",
    ),
    (RequestDataTooBig, 413, "too_large", "The body is too large. Send less at once."),
    (DataError, 400, "invalid", "A value is out of the range that can be stored."),
    (SuspiciousOperation, 400, "invalid", "The request is malformed. Check its encoding."),
]
# What to do about the errors that Django REST Framework words itself.
REMEDIES = {
    "not_authenticated": "Sign in at /api/auth/login/ and send Authorization: Bearer TOKEN.",
    "method_not_allowed": "The header Allow names those that are.",
    "not_acceptable": "Accept application/json, or what OPTIONS of this path renders.",
    "unsupported_media_type": "Send application/json, or what OPTIONS of this path parses.",
}
RETRYABLE = {"40P01", "40001", "55P03"}
# By the class or code of its SQLSTATE: connection lost, server ends or starts, no connection left,
# statement took too long, session was closed.
AWAY = ("08", "57P", "53300", "57014", "25P03")


def error_response(
    status: int, code: str, message: str, details: dict[str, Any] | None = None, title: str = ""
) -> Response:
    """Build the error answer: {error, message, code, details}."""
    body = {
        "error": title or TITLES.get(status, "Error"),
        "message": message,
        "code": code,
        "details": details or {},
    }
    return Response(body, status=status, exception=True)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception into an answer; None lets it pass (a bug, or a lock to be retried)."""
    if isinstance(exc, DomainError):
        response = error_response(exc.http_status, exc.code, exc.message, exc.details, exc.title)
        if exc.retry_after:
            response["Retry-After"] = str(exc.retry_after)
        return response
    for kind, status, code, message in PLAIN_ERRORS:
        if isinstance(exc, kind):
            return error_response(status, code, message)
    if isinstance(exc, DjangoValidationError):
        exc = ValidationError(as_serializer_error(exc))
    if isinstance(exc, OperationalError) or not isinstance(
        exc, APIException | Http404 | PermissionDenied
    ):
        return None
    return framework_error(exc, context)


def framework_error(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Shape the errors that Django REST Framework raises itself."""
    response = drf_exception_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, ValidationError):
        details = flatten(response.data)
        message = "; ".join(f"{field}: {text[0]}" for field, text in list(details.items())[:3])
        shaped = error_response(400, "invalid", message, details)
    else:
        detail = response.data["detail"]
        code = getattr(detail, "code", "error")
        title = str(getattr(exc, "title", ""))
        message = f"{detail} {REMEDIES.get(code, '')}".rstrip()
        shaped = error_response(response.status_code, code, message, title=title)
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in response:
            shaped[header] = response[header]
    return shaped


def flatten(errors: Any, path: str = "") -> dict[str, list[str]]:
    """Give nested field errors dotted paths: {"items.3.sku": ["…"]}, {"items": ["…"]}."""
    if isinstance(errors, dict):
        flat: dict[str, list[str]] = {}
        for key, value in errors.items():
            inner = path if path and key == api_settings.NON_FIELD_ERRORS_KEY else joined(path, key)
            flat |= flatten(value, inner)
        return flat
    if isinstance(errors, list) and any(isinstance(entry, dict | list) for entry in errors):
        flat = {}
        for index, entry in enumerate(errors):
            flat |= flatten(entry, joined(path, index)) if entry else {}
        return flat
    texts = [str(entry) for entry in (errors if isinstance(errors, list) else [errors])]
    return {path or "body": texts}


def joined(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def is_retryable(exc: OperationalError) -> bool:
    """Tell a deadlock, a serialisation failure or a lock time-out from other trouble."""
    return getattr(exc.__cause__, "sqlstate", None) in RETRYABLE


def is_away(exc: BaseException | None) -> bool:
    """Tell a database that is down or overloaded from one that refuses a statement."""
    if isinstance(exc, InterfaceError):  # the connection was closed before
        return True
    if not isinstance(exc, OperationalError):
        return False
    state = getattr(exc.__cause__, "sqlstate", None)
    return state is None or state.startswith(AWAY)
