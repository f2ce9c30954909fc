"""HTTP requests to addresses that people entered: to the public internet and nowhere else.

The address that a connection is opened to is the one that was judged: names are resolved once, and
no redirect is followed. The operator names exceptions in WEBHOOK_ALLOWED_HOSTS. All of a request,
from looking up the name to the last byte of the answer, has one limit of time.
"""

import io
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from django.conf import settings

from common.exceptions import InvalidInput
from common.public_addresses import is_public, literal_address

CONNECT_SECONDS, TOTAL_SECONDS = 3.0, 10.0
DEFAULT_PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024
LONGEST_URL = 500
HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")
OWN_NAMES = ("localhost", "localdomain", "local", "internal")
SAFE_IN_PATH = "/?#[]@!$&'()*+,;=:%~"

SocketAddress = tuple[Any, ...]


class OutboundError(Exception):
    """A request had no usable answer; the text says why and names no path of the address."""


class AddressRefused(OutboundError):
    """The host leads to an address that is not of the public internet."""


class NoAnswer(OutboundError):
    """Nobody answered properly, or not in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a URL leads; `is_allowed` where the operator named the host."""

    scheme: str
    host: str
    port: int
    path: str
    is_allowed: bool

    @property
    def authority(self) -> str:
        """The host as a header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said; `is_cut` where there was more than was asked for. Headers lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400


def read_url(url: str) -> Target:
    """Return where a URL leads; raises InvalidInput (url) for what no request may go to.

    What a name leads to is judged when it is connected to: it may be another address by then.
    """
    if len(url) > LONGEST_URL or not all(letter.isprintable() for letter in url):
        raise refused(f"Send an address of at most {LONGEST_URL} printable characters.")
    if " " in url or "\\" in url:
        raise refused("Leave out spaces and backslashes.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refused("Send a well-formed address such as https://example.com/hook.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise refused("Send an address that begins with https:// or http://.")
    if "@" in parts.netloc:
        raise refused("Leave out the user name and password before the host.")
    return judged_target(
        parts, host_of(parts), DEFAULT_PORTS[parts.scheme] if port is None else port
    )


def judged_target(parts: SplitResult, host: str, port: int) -> Target:
    """Return a target, unless its host is written as an address, or its port is one, to refuse."""
    is_allowed = is_allowed_host(host, port)
    path = quote(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", safe=SAFE_IN_PATH)
    target = Target(scheme=parts.scheme, host=host, port=port, path=path, is_allowed=is_allowed)
    if is_allowed:
        return target
    address = literal_address(host)
    if address is not None and not is_public(address):
        raise refused(f"{address} is not an address of the public internet. Name another host.")
    if host.rpartition(".")[2] in OWN_NAMES:
        raise refused(f"{host} is no host of the public internet. Name another one.")
    if port not in DEFAULT_PORTS.values() and port < FIRST_FREE_PORT:
        raise refused(f"Use port 80, 443 or one from {FIRST_FREE_PORT} on.")
    return target


def host_of(parts: SplitResult) -> str:
    """Return the host in ASCII, an address in its usual form; raises InvalidInput (url)."""
    written = (parts.hostname or "").rstrip(".。．｡")
    if "%" in written or not written:
        raise refused("Name a host, without percent signs.")
    try:
        host = written if ":" in written else written.encode("idna").decode("ascii").lower()
        address = literal_address(host)
    except (UnicodeError, ValueError):
        raise refused("The host is neither a name nor an address.") from None
    if address is None and not HOST_NAME.match(host):
        raise refused("The host is neither a name nor an address.")
    return host if address is None else str(address)


def refused(text: str) -> InvalidInput:
    return InvalidInput(text, {"url": [text]})


def is_allowed_host(host: str, port: int) -> bool:
    """Say whether the operator named a host, or a host with this port, as an exception."""
    shown = f"[{host}]" if ":" in host else host
    allowed = {one.strip().lower() for one in settings.WEBHOOK_ALLOWED_HOSTS}
    return bool(allowed & {host, shown, f"{shown}:{port}"})


def send_request(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int,
    total_seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Send one request and return its answer, whose body is cut after `most_bytes`.

    Holds no lock and must be called outside of any transaction. Raises InvalidInput (url),
    AddressRefused and NoAnswer; a redirect is an answer like any other.
    """
    target = read_url(url)
    deadline = Deadline(total_seconds)
    connection = HTTPConnection(target.host, target.port)
    opened = None
    try:
        opened = open_socket(target, deadline)
        connection.sock = DeadlineSocket(opened, deadline)
        fixed = {"Host": target.authority, "Accept-Encoding": "identity", "Connection": "close"}
        connection.request(method, target.path, body=body, headers={**(headers or {}), **fixed})
        return read_answer(connection.getresponse(), most_bytes)
    except TimeoutError as error:
        raise NoAnswer(f"No complete answer within {total_seconds:g} seconds.") from error
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(f"The certificate is not valid: {error.verify_message}.") from error
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}"[:300]) from error
    finally:
        if opened is not None:
            opened.close()


def read_answer(response: HTTPResponse, most_bytes: int) -> Answer:
    """Read what there is of an answer, up to a limit; raises NoAnswer where it broke off."""
    body = response.read(most_bytes + 1)
    if len(body) <= most_bytes and response.length:
        raise NoAnswer("The answer broke off.")
    return Answer(
        status=response.status,
        headers={name.lower(): value for name, value in response.getheaders()},
        body=body[:most_bytes],
        is_cut=len(body) > most_bytes,
    )


class Deadline:
    """A moment after which nothing is waited for."""

    def __init__(self, seconds: float) -> None:
        self.at = monotonic() + seconds

    def left(self, most: float = float("inf")) -> float:
        """Return the seconds that are left, at most so many; raises TimeoutError where none are."""
        seconds = self.at - monotonic()
        if seconds <= 0:
            raise TimeoutError("The time is up.")
        return min(seconds, most)


class DeadlineSocket:
    """What an HTTP connection needs of a socket, each wait no longer than the deadline.

    Whoever opened the socket closes it: the connection does so before its answer is read.
    """

    def __init__(self, wrapped: socket.socket, deadline: Deadline) -> None:
        self.wrapped, self.deadline = wrapped, deadline

    def sendall(self, content: Any) -> None:
        self.wrapped.settimeout(self.deadline.left())
        self.wrapped.sendall(content)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(DeadlineReader(self.wrapped, self.deadline))

    def close(self) -> None:
        """Leave it open."""


class DeadlineReader(io.RawIOBase):
    """The bytes that come in until the deadline."""

    def __init__(self, wrapped: socket.socket, deadline: Deadline) -> None:
        self.wrapped, self.deadline = wrapped, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.wrapped.settimeout(self.deadline.left())
        return self.wrapped.recv_into(buffer)


def open_socket(target: Target, deadline: Deadline) -> socket.socket:
    """Connect to the first permitted address of a host that takes the connection."""
    connect = Deadline(deadline.left(CONNECT_SECONDS))
    failure: OSError | None = None
    for family, address in permitted_addresses(target, connect):
        try:
            opened = connected(family, address, connect)
        except OSError as error:
            failure = error
            continue
        return encrypted(opened, target, deadline) if target.scheme == "https" else opened
    if isinstance(failure, TimeoutError):
        raise NoAnswer(f"No connection within {CONNECT_SECONDS:g} seconds.")
    raise NoAnswer(f"No connection: {failure.strerror if failure else 'the host has no address'}.")


def connected(family: int, address: SocketAddress, deadline: Deadline) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(deadline.left())
        opened.connect(address)
    except OSError:
        opened.close()
        raise
    return opened


def encrypted(opened: socket.socket, target: Target, deadline: Deadline) -> socket.socket:
    """Speak TLS; the certificate must be valid for the name in the URL."""
    context = ssl.create_default_context()
    try:
        opened.settimeout(deadline.left())
        return context.wrap_socket(opened, server_hostname=target.host)
    except OSError:
        opened.close()
        raise


def permitted_addresses(target: Target, deadline: Deadline) -> list[tuple[int, SocketAddress]]:
    """Resolve a host and return its public addresses; raises AddressRefused where none is."""
    found = resolved(target.host, target.port, deadline)
    permitted = [
        (family, address)
        for family, address in found
        if target.is_allowed or is_public(ip_address(address[0].partition("%")[0]))
    ]
    if found and not permitted:
        raise AddressRefused(f"{target.host} leads to no address of the public internet.")
    return permitted


def resolved(host: str, port: int, deadline: Deadline) -> list[tuple[int, SocketAddress]]:
    """Return the addresses of a host; the resolver, which heeds no limit, is left to itself."""
    answers: SimpleQueue[Any] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    Thread(target=ask, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except Empty:
        raise NoAnswer("The name of the host was not resolved in time.") from None
    if isinstance(answer, Exception):
        raise NoAnswer("The name of the host is not known.")
    return [
        (family, address)
        for family, _, _, _, address in answer
        if family in (socket.AF_INET, socket.AF_INET6)
    ]
