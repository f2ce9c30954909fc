"""How often somebody may try to sign in."""

import hashlib
import logging
from typing import Any

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

logger = logging.getLogger(__name__)


class SignInThrottle(SimpleRateThrottle):
    """At most 60 attempts a minute for one name from one address."""

    scope = "sign_in"
    rate = "60/min"

    def allow_request(self, request: Request, view: Any) -> bool:
        try:
            return super().allow_request(request, view)
        except RedisError:
            # People must be able to work while the cache is down.
            logger.warning("Sign-in attempts are not counted: the cache does not answer.")
            return True

    def get_cache_key(self, request: Request, view: Any) -> str:
        body = request.data if isinstance(request.data, dict) else {}
        name = str(body.get("username", "")).strip().lower()[:254]
        who = f"{self.get_ident(request)} {name}"
        ident = hashlib.sha256(who.encode(errors="replace")).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": ident}
