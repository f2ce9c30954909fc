"""How often one address may call what is open to everybody and costs something."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from common.addresses import address_of, network_of
from users.services.attempts import HOUR, seconds_left, take_attempt


class HourlyThrottle(BaseThrottle):
    """At most `limit` requests in a window from one address, exactly, also while the cache is down.

    A subclass names its `scope`; views with the same one share the count. 0 is no limit.
    """

    scope = ""
    limit = 20
    window = HOUR

    def limit_now(self) -> int:
        return self.limit

    def allow_request(self, request: Request, view: Any) -> bool:
        self.what = f"{self.scope} {network_of(address_of(request._request))}"
        limit = self.limit_now()
        return not limit or take_attempt(self.what, limit=limit, window=self.window) is not None

    def wait(self) -> float:
        return seconds_left(self.what)
