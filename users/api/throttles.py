"""How often one address may call what is open to everybody and costs something."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from common.addresses import address_of, network_of
from users.services.attempts import HOUR, seconds_left, take_attempt


class HourlyThrottle(BaseThrottle):
    """At most `limit` requests an hour from one address, exactly, also while the cache is down.

    A subclass names its `scope`; views with the same one share the count.
    """

    scope = ""
    limit = 20

    def allow_request(self, request: Request, view: Any) -> bool:
        self.what = f"{self.scope} {network_of(address_of(request._request))}"
        return take_attempt(self.what, limit=self.limit, window=HOUR) is not None

    def wait(self) -> float:
        return seconds_left(self.what)
