"""How scheduled tasks are tried again."""

from typing import Any

from django.db import OperationalError

# A lock that was not had, or a database that is away for a moment: the work itself is repeatable.
RETRIED: dict[str, Any] = {
    "bind": True,
    "autoretry_for": (OperationalError,),
    "retry_backoff": 10,
    "max_retries": 3,
}
