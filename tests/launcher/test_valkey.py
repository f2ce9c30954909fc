import os
import signal
from contextlib import closing

import pytest
import redis
from kombu import Connection

from launcher.servers import broker_url_for
from launcher.valkey import ValkeyServer


@pytest.fixture
def server(state):
    valkey = ValkeyServer(state, "valkey", durable=True)
    valkey.start()
    yield valkey
    valkey.stop()


def test_cache_and_broker_have_their_own_databases(server):
    with closing(redis.Redis.from_url(server.cache_url())) as cache:
        with Connection(server.broker_url()) as connection:
            connection.default_channel.client.lpush("celery", "waiting")
        cache.set("cached", "1")
        cache.flushdb()
        assert cache.dbsize() == 0
        with Connection(server.broker_url()) as connection:
            assert connection.default_channel.client.llen("celery") == 1


def test_full_memory_refuses_and_forgets_nothing(server):
    with closing(redis.Redis.from_url(server.cache_url())) as cache:
        assert cache.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert cache.config_get("appendonly") == {"appendonly": "yes"}


def test_killed_server_starts_again_with_its_queues(server):
    with closing(redis.Redis.from_url(server.cache_url())) as cache:
        cache.set("kept", "42")
        cache.waitaof(1, 0, 3000)
    os.kill(server.process.popen.pid, signal.SIGKILL)
    server.process.popen.wait(10)
    server.start()
    with closing(redis.Redis.from_url(server.cache_url())) as cache:
        assert cache.get("kept") == b"42"


def test_socket_is_private(server):
    assert server.socket.stat().st_mode & 0o077 == 0
    assert server.socket.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("redis://localhost:6379/3", "redis://localhost:6379/3"),
        ("rediss://:secret@cache.example.com/0", "rediss://:secret@cache.example.com/0"),
        ("unix:///run/valkey.sock?db=4", "redis+socket:///run/valkey.sock?virtual_host=4"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
    ],
)
def test_broker_url_follows_a_given_redis_url(given, expected):
    assert broker_url_for(given) == expected
