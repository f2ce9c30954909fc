"""Where the lists of a feed come from: files of a folder below the operator's, or an address."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from time import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from common.exceptions import InvalidInput
from common.outbound import OutboundError, read_url, send_request
from operations.models import SupplierPriceFeed
from operations.price_lists.exceptions import FeedUnreachable
from operations.price_lists.reading import MOST_BYTES

ENDINGS = (".csv", ".txt", ".tsv", ".xlsx")
MOST_FILES = 100
SETTLED_SECONDS = 60
FETCH_SECONDS = 60.0
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


def folder_parts(folder: str) -> tuple[str, ...]:
    """Return the steps to a folder below PRICE_LIST_DIR; raises InvalidInput for any other place.

    Nothing is looked at: what stands there is judged when it is opened, one step after the other.
    """
    if not settings.PRICE_LIST_DIR:
        raise refused("folder", "Ask the operator to set PRICE_LIST_DIR, or give a url.")
    if folder.startswith(("/", "\\")) or "\0" in folder or "\\" in folder:
        raise refused("folder", "Name a folder below PRICE_LIST_DIR, such as acme/prices.")
    parts = PurePosixPath(folder).parts
    if not parts or ".." in parts:
        raise refused("folder", "Name a folder below PRICE_LIST_DIR, such as acme/prices.")
    return parts


def require_address(url: str) -> None:
    """Raise InvalidInput (url) for an address that no list may be fetched from."""
    target = read_url(url)
    if urlsplit(url).scheme != "https" and not target.is_allowed:
        raise refused("url", "Send an address that begins with https://.")


def refused(name: str, text: str) -> InvalidInput:
    return InvalidInput(text, {name: [text]})


@contextmanager
def opened_folder(folder: str) -> Iterator[int]:
    """Open a folder step by step, never through a symbolic link; raises FeedUnreachable."""
    parts = folder_parts(folder)
    try:
        current = os.open(settings.PRICE_LIST_DIR, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise FeedUnreachable(f"PRICE_LIST_DIR cannot be read: {error.strerror}.") from None
    try:
        for part in parts:
            inner = step_into(current, part)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)


def step_into(outer: int, part: str) -> int:
    try:
        return os.open(part, DIRECTORY, dir_fd=outer)
    except (OSError, ValueError):
        raise FeedUnreachable(f"There is no folder {part[:100]!r}, or it is a link.") from None


@contextmanager
def lists_of(feed: SupplierPriceFeed) -> Iterator[Iterator[tuple[str, Path]]]:
    """Give the lists that a feed offers, each with its name, the oldest first.

    Must be used outside of any transaction. Raises FeedUnreachable and InvalidInput.
    """
    if feed.kind == SupplierPriceFeed.Kind.URL:
        with fetched(feed.url) as path:
            yield iter([(name_in(feed.url), path)])
        return
    with opened_folder(feed.folder) as folder:
        yield copies(folder)


def copies(folder: int) -> Iterator[tuple[str, Path]]:
    """Yield the name and a copy of each file that is whole; links and other things are left."""
    for name in names_by_age(folder):
        with copied(folder, name) as path:
            if path is not None:
                yield name, path


def names_by_age(folder: int) -> list[str]:
    """Return the lists in a folder, the oldest first; what was written just now may be a part."""
    latest = time() - SETTLED_SECONDS
    with os.scandir(folder) as entries:
        found = [
            (entry.stat(follow_symlinks=False).st_mtime, entry.name)
            for entry in entries
            if entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(ENDINGS)
        ]
    return [name for changed, name in sorted(found) if changed <= latest][-MOST_FILES:]


@contextmanager
def copied(folder: int, name: str) -> Iterator[Path | None]:
    """Copy a file to where nobody changes it while it is read; None if it is gone or no file."""
    try:
        descriptor = os.open(name, FILE, dir_fd=folder)
    except OSError:
        yield None
        return
    with os.fdopen(descriptor, "rb") as file, NamedTemporaryFile(prefix="prices-") as copy:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            yield None
            return
        copy.write(file.read(MOST_BYTES + 1))
        copy.flush()
        yield Path(copy.name)


@contextmanager
def fetched(url: str) -> Iterator[Path]:
    """Fetch a list from an address of the public internet; raises FeedUnreachable."""
    require_address(url)
    try:
        answer = send_request("GET", url, most_bytes=MOST_BYTES + 1, total_seconds=FETCH_SECONDS)
    except OutboundError as error:
        raise FeedUnreachable(f"The address gives no list: {error}") from None
    if answer.status != 200:
        raise FeedUnreachable(f"The address answers {answer.status} instead of a list.")
    with NamedTemporaryFile(prefix="prices-") as file:
        file.write(answer.body)
        file.flush()
        yield Path(file.name)


@contextmanager
def uploaded(file: Any) -> Iterator[Path]:
    """Put a file that somebody sent on disk, for as long as it is read."""
    with NamedTemporaryFile(prefix="prices-") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        yield Path(copy.name)


def name_in(url: str) -> str:
    """Return what to call a fetched list: the host and the last step, without secrets."""
    parts = urlsplit(url)
    return f"{parts.hostname}/{PurePosixPath(parts.path).name}"
