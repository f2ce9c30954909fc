"""The cache, which also counts."""

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.functional import cached_property


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

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = CountingClient

    def count(self, key: str, seconds: int) -> int:
        """Count one more under a key, forgotten after so many seconds; return how many."""
        client: Any = self._cache
        number: int = client.count(self.make_and_validate_key(key), seconds)
        return number
