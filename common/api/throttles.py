"""How many requests one caller may send a minute."""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

logger = logging.getLogger(__name__)

MINUTE = 60


class MinuteThrottle(BaseThrottle):
    """Count the requests of a caller in each minute; `setting` names how many there may be.

    0 is no limit. While the cache is down nobody is refused: people must be able to work.
    """

    setting = ""

    def caller_of(self, request: Request) -> str | None:
        """Return whom to count a request for; None counts it for nobody."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        limit: int = getattr(settings, self.setting)
        caller = self.caller_of(request) if limit else None
        if caller is None:
            return True
        from redis.exceptions import RedisError  # noqa: PLC0415 - loads all of the client

        try:
            return count(f"{self.setting}:{caller}") <= limit
        except RedisError:
            logger.warning("Requests are not counted: the cache does not answer.")
            return True

    def wait(self) -> float:
        """Return the seconds until the next minute begins."""
        return MINUTE - time.time() % MINUTE


class UserThrottle(MinuteThrottle):
    """Whoever is signed in."""

    setting = "USER_REQUESTS_PER_MINUTE"

    def caller_of(self, request: Request) -> str | None:
        return str(request.user.pk) if request.user and request.user.is_authenticated else None


class AnonymousThrottle(MinuteThrottle):
    """An address from which somebody comes who is not signed in."""

    setting = "ANONYMOUS_REQUESTS_PER_MINUTE"

    def caller_of(self, request: Request) -> str | None:
        if request.user and request.user.is_authenticated:
            return None
        return str(self.get_ident(request))


def count(name: str) -> int:
    """Count one more in this minute and return how many there are."""
    counting: Any = cache
    return int(counting.count(f"throttle:{name}:{int(time.time() // MINUTE)}", 2 * MINUTE))
