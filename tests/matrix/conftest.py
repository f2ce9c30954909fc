"""One world for all cells of a module: what a cell changes is rolled back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from tests.matrix.rows import ROWS
from tests.matrix.table import World


class _UndoError(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """Roll back what the block did."""
    try:
        with transaction.atomic():
            yield
            raise _UndoError
    except _UndoError:
        pass


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    assert ROWS
    with django_db_blocker.unblock(), undone():
        world = World()
        world.make_all()
        yield world


def sent(method: str, body: Any) -> dict[str, Any]:
    """Return how a body is sent: a form where it holds a file."""
    if method == "get":
        return {}
    files = [one for one in (body or {}).values() if hasattr(one, "seek")]
    for file in files:
        file.seek(0)
    return {"data": body, "format": "multipart" if files else "json"}


@pytest.fixture(scope="module")
def ask(world: World) -> Callable[..., Any]:
    """Return a function that sends a request as a user (None: nobody) and undoes its effects."""

    def send(user: Any, method: str, address: str, body: Any = None) -> Any:
        client = APIClient(raise_request_exception=False)
        if user is not None:
            client.force_authenticate(user)
        with undone():
            answer = getattr(client, method)(address, **sent(method, body))
            answer.whole = b"".join(answer)
            for close in answer._resource_closers:  # not close(): that ends the connection too
                close()
        return answer

    return send
