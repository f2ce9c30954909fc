"""Logs: JSON lines, or readable ones while developing; each knows the request it belongs to."""

from typing import Any

from django_guid.integrations import CeleryIntegration
from pythonjsonlogger.core import RESERVED_ATTRS

# A UUID in the request's header is taken over, anything else is replaced; tasks carry it on.
DJANGO_GUID = {
    "GUID_HEADER_NAME": "X-Request-ID",
    "EXPOSE_HEADER": False,
    "INTEGRATIONS": [CeleryIntegration(use_django_logging=True)],
}


def logging_settings(level: str, *, readable: bool) -> dict[str, Any]:
    """Everything goes to the standard error stream, where a supervisor collects it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {
                "()": "django_guid.log_filters.CorrelationId",
                "correlation_id_field": "request_id",
            }
        },
        "formatters": {
            "plain": {
                "()": "common.log_lines.PlainLines",
                "format": "%(asctime)s %(levelname)s [%(request_id)s] %(name)s %(message)s",
            },
            "json": {
                "()": "common.log_lines.JsonLines",
                "format": "%(levelname)s %(name)s %(message)s %(request_id)s",
                "rename_fields": {"levelname": "level", "name": "logger"},
                "timestamp": True,
                # Django adds the request itself, whose text holds the query; Celery the arguments.
                "reserved_attrs": [*RESERVED_ATTRS, "request", "data"],
            },
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "filters": ["request_id"],
                "formatter": "plain" if readable else "json",
            }
        },
        "loggers": {
            # Django's own handlers, which it adds before this, would write a second, plain line.
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
            # What these say below that level holds parameters or is said on every request.
            "django.db.backends": {"level": "INFO"},
            "django_guid": {"level": "ERROR"},
        },
        "root": {"handlers": ["console"], "level": level},
    }
