"""A web server of somebody else, on this machine: it notes what it gets and answers as told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came in, and how the next requests are answered; `manner` as its methods are named."""

    port: int = 0
    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    manner: str = "plain"
    plain_paths: set[str] = field(default_factory=set)
    requests: list[Received] = field(default_factory=list)
    released: Event = field(default_factory=Event)
    came: Event = field(default_factory=Event)
    server: Any = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook"

    def plain(self, handler: Any) -> None:
        handler.send_response(self.status)
        for name, value in {"Content-Length": str(len(self.body)), **self.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(self.body)

    def silent(self, handler: Any) -> None:
        """Take the request and answer nothing until the test lets go."""
        self.released.wait(timeout=30)

    def late(self, handler: Any) -> None:
        """Answer once the test lets go."""
        self.released.wait(timeout=30)
        self.plain(handler)

    def dripping(self, handler: Any) -> None:
        """Send a byte of the head now and then, for ever."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.released.wait(timeout=0.1):
            handler.wfile.write(b"a")
            handler.wfile.flush()

    def dripping_body(self, handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not self.released.wait(timeout=0.1):
            handler.wfile.write(b"a")
            handler.wfile.flush()

    def endless(self, handler: Any) -> None:
        """Send a body without end as fast as it is taken."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not self.released.is_set():
            handler.wfile.write(b"a" * 65536)

    def closing(self, handler: Any) -> None:
        """Hang up without a word."""

    def broken_off(self, handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    def no_http(self, handler: Any) -> None:
        handler.wfile.write(b"220 mail.example.com ESMTP\r\n")

    def long_header(self, handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n")


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Run a receiver on a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            receiver.requests.append(
                Received(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
            )
            receiver.came.set()
            try:
                is_plain = self.path in receiver.plain_paths
                getattr(receiver, "plain" if is_plain else receiver.manner)(self)
            except OSError:  # the other side had enough
                self.close_connection = True

        do_GET = do_POST = answer

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.server = server
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
