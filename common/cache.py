"""The cache, which also counts, and which nobody waits for long."""

from time import monotonic
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.functional import cached_property

# After a failure nobody in this process asks again for so long: a server that hangs instead of
# refusing would otherwise cost each request its whole time limit.
SILENCE_SECONDS = 5.0


class CountingClient(RedisCacheClient):
    @cached_property
    def counter(self) -> Any:
        return self.get_client(write=True)

    def count(self, key: str, seconds: int) -> int:
        number = int(self.counter.incr(key))
        if number == 1:
            self.counter.expire(key, seconds)
        return number


class CountingCache(RedisCache):
    """Django's, with a counter that takes one question where `incr` and `add` take two or three."""

    # By server, of all threads together.
    silent_until: dict[str, float] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = CountingClient
        self.server = server

    def count(self, key: str, seconds: int) -> int:
        """Count one more under a key, forgotten after so many seconds; return how many.

        Raises RedisError where the server does not answer, or did not a moment ago.
        """
        from redis.exceptions import ConnectionError, RedisError  # noqa: PLC0415 - as the client

        until = self.silent_until.get(self.server, 0.0)
        if monotonic() < until:
            raise ConnectionError("It did not answer a moment ago.")
        if until:  # one thread finds out; the others need not wait for that
            self.keep_silent()
        client: Any = self._cache
        try:
            number: int = client.count(self.make_and_validate_key(key), seconds)
        except RedisError:
            self.keep_silent()
            raise
        self.silent_until.pop(self.server, None)
        return number

    def keep_silent(self) -> None:
        self.silent_until[self.server] = monotonic() + SILENCE_SECONDS
