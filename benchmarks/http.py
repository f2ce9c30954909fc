"""Requests through the whole WSGI application, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from benchmarks.fill import Company


class Answer:
    """Status and body of one answer."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body

    def json(self) -> Any:
        return orjson.loads(self.body)


class Client:
    """A client with a bearer token; an answer other than 2xx is an error of the benchmark."""

    def __init__(self, company: Company) -> None:
        self.application = WSGIHandler()
        self.token = company.token

    def get(self, url: str) -> Answer:
        return self.successful("GET", url, b"")

    def post(self, url: str, body: object = None) -> Answer:
        return self.successful("POST", url, orjson.dumps(body) if body is not None else b"")

    def successful(self, method: str, url: str, body: bytes) -> Answer:
        answer = self.request(method, url, body)
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{method} {url}: {answer.status} {answer.body[:300]!r}")
        return answer

    def request(self, method: str, url: str, body: bytes = b"") -> Answer:
        status: list[Any] = []
        content = b"".join(self.chunks(self.environ(method, url, body), status))
        return Answer(status[0], content)

    def count_lines(self, url: str) -> int:
        """Read a streamed file without keeping it."""
        status: list[Any] = []
        lines = sum(chunk.count(b"\n") for chunk in self.chunks(self.environ("GET", url), status))
        if status != [200]:
            raise RuntimeError(f"GET {url}: {status}")
        return lines

    def chunks(self, environ: dict[str, Any], status: list[Any]) -> Iterator[bytes]:
        """Yield the body of an answer; its status is put into the list before."""

        def start(line: str, headers: Any, error: Any = None) -> Any:
            status.append(int(line.split()[0]))

        response: Any = self.application(environ, start)
        try:
            yield from response
        finally:
            response.close()

    def environ(self, method: str, url: str, body: bytes = b"") -> dict[str, Any]:
        parts = urlsplit(url)
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_ACCEPT": "*/*",
            "HTTP_AUTHORIZATION": f"Bearer {self.token}",
            "CONTENT_TYPE": "application/json" if body else "",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }


@contextmanager
def as_in_production() -> Iterator[None]:
    """Without debugging aids, with the naive paths, and with cache keys of our own."""
    caches = {name: {**cache, "KEY_PREFIX": "benchmark"} for name, cache in settings.CACHES.items()}
    with override_settings(
        ROOT_URLCONF="benchmarks.naive.urls",
        DEBUG=False,
        CACHES=caches,
        SECURE_SSL_REDIRECT=False,
        USER_REQUESTS_PER_MINUTE=10**9,  # they are counted, and never too many
        ALLOWED_HOSTS=["127.0.0.1"],
    ):
        yield
