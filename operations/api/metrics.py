"""/metrics: for Prometheus, not for everybody."""

import os
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from operations.metrics import figures


@require_safe
def metrics_view(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        body = {
            "error": "Not allowed",
            "message": "Send METRICS_TOKEN as a bearer token or, where none is set, ask locally.",
            "code": "not_allowed",
            "details": {},
        }
        return JsonResponse(body, status=403)
    text = figures(several_processes="PROMETHEUS_MULTIPROC_DIR" in os.environ)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    """Ask for the token where one is set; else for a caller on this machine, past no proxy."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    forwarded = {"X-Forwarded-For", "Forwarded", "X-Real-IP"} & set(request.headers)
    return not forwarded and is_loopback(request.META.get("REMOTE_ADDR", ""))


def is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
