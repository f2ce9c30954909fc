"""The process that holds event streams open: a few threads, however many people listen.

Opening a stream is an ordinary request: it goes through the same middleware, authentication, limits
and view as those of the web server, in a thread. What the view lets in goes on as a stream, which
is a queue and a task of the event loop.
"""

import asyncio
import logging
import re
import resource
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.db import Error, connections
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix
from uvicorn import Config, Server

from common.api.views import shaped
from operations.live.hub import Hub
from operations.live.response import StreamResponse
from operations.live.stream import Stream

logger = logging.getLogger(__name__)
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

SERVED = re.compile(r"/api/(events|health/(live|ready))/?\Z")
OPENING_THREADS = 4
GRACE_SECONDS = 10
MOST_FILES = 65_536


class Opener(BaseHandler):
    """Answers requests as the web server does, for the paths that this process serves."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.load_middleware()
        import_module(settings.ROOT_URLCONF)  # which the first listener need not wait for
        self.hub = hub

    def open(self, scope: dict[str, Any]) -> HttpResponseBase:
        """Answer one request, in a thread; leaves no database connection behind."""
        if not SERVED.match(scope["path"]):
            return shaped(404, "Not found", "not_found", "Only /api/events/ is answered here.")
        set_script_prefix("")
        signals.request_started.send(sender=type(self), scope=scope)
        request: Any = ASGIRequest(scope, BytesIO())
        request.admit_stream = self.hub.admit
        try:
            return self.get_response(request)
        finally:
            connections.close_all()


class EventApplication:
    """The ASGI application: opens streams, and passes on what the hub puts into them."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.opener = Opener(hub)
        self.threads = ThreadPoolExecutor(OPENING_THREADS, thread_name_prefix="events-opener")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        elif scope["type"] == "http":
            await self.answer(scope, receive, send)

    async def live(self, receive: Receive, send: Send) -> None:
        """Start and stop with the server."""
        await receive()
        self.hub.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.hub.stop()
        self.threads.shutdown(wait=False, cancel_futures=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        response: Any = await loop.run_in_executor(self.threads, self.opener.open, scope)
        is_stream = isinstance(response, StreamResponse)
        try:
            await send(head_of(response))
            if is_stream and scope["method"] != "HEAD":
                await self.stream(response, scope, receive, send)
            body = b"" if is_stream else b"".join(response)
            await send({"type": "http.response.body", "body": body})
        finally:
            if is_stream:
                self.hub.release(response.audience.user_id)
            response.close()

    async def stream(
        self, response: StreamResponse, scope: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        """Send events until the client goes, or may not listen any more."""
        stream = Stream(response.audience, scope.get("client"))
        watcher = asyncio.create_task(close_with_client(stream, receive))
        try:
            first = await self.hub.join(stream, response.last_event_id)
            if not stream.is_over:  # rights may have gone meanwhile
                await send(part(b"".join(first)))
            async for chunk in stream.chunks(self.hub.now):
                await send(part(chunk))
        except Error as error:
            logger.warning("A stream could not be taken up: %s", error)
        finally:
            self.hub.leave(stream)
            watcher.cancel()


async def close_with_client(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.waiting.clear()
    stream.close()


def head_of(response: HttpResponseBase) -> dict[str, Any]:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in response.items()
    ]
    return {"type": "http.response.start", "status": response.status_code, "headers": headers}


def part(chunk: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": chunk, "more_body": True}


class EventServer(Server):
    """Uvicorn, which tells the streams that it stops, and can cut off a client."""

    def __init__(self, host: str, port: int) -> None:
        self.hub = Hub(self.abort)
        super().__init__(
            Config(
                EventApplication(self.hub),
                host=host,
                port=port,
                log_config=None,
                access_log=False,  # ours tells who it was
                lifespan="on",
                proxy_headers=False,  # settings.NUM_PROXIES says whom to believe
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    async def shutdown(self, sockets: Any = None) -> None:
        self.hub.close()
        await super().shutdown(sockets)

    def abort(self, client: Any) -> None:
        """Close a connection at once: one whose client does not read would never end by itself."""
        for protocol in list(self.server_state.connections):
            if getattr(protocol, "client", None) == tuple(client or ()):
                protocol.transport.abort()


def allow_many_files() -> None:
    """Take as many open files as the system gives: each client is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
