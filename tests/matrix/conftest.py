"""One world for all cells of a module: what a cell changes is rolled back."""

import io
import random
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import models, transaction
from rest_framework.test import APIClient

from tests.matrix.belongings import Contents, belongings_of, rows_of, scoped_models, tables
from tests.matrix.rows import ROWS
from tests.matrix.slots import operations
from tests.matrix.table import SHARED, Place, World
from tests.pdf_pages import text_of

SECRET = "secret-of-foreign"
# What differs between any two answers, and says nothing.
CHANCE = re.compile(r'"(timestamp|version|id|[a-z_]*_at)": ?("[^"]*"|\d+)')


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
def tainted(world: World) -> World:
    """Write a secret into every free text of the foreign warehouse's rows, as far as they may."""
    for model in scoped_models():
        texts = [
            field
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not (field.choices or field.unique or field.validators[1:])
            and (field.max_length or 999) >= 40
        ]
        if texts and not getattr(model, "append_only", False):
            rows_of(model, world.foreign.warehouse).update(
                **{field.name: f"{SECRET}-{field.name}"[:40] for field in texts}
            )
    return world


@pytest.fixture(scope="module")
def walked(tainted: World) -> World:
    """The world, with everything that belongs to its foreign warehouse and every name of it."""
    tainted.owned = belongings_of(tainted.foreign.warehouse)
    tainted.contents = Contents()
    tainted.operations = operations()
    tainted.codes = codes_of(tainted.foreign)
    tainted.names = names_of(tainted)
    return tainted


def codes_of(place: Place) -> set[str]:
    """Return the codes of a place's own objects, which nobody outside of it may read."""
    return {
        str(reference)
        for name, reference in place.references.items()
        if name not in SHARED and name != "warehouse" and not str(reference).isdigit()
    }


def names_of(world: World) -> list[str]:
    """Return every way to name something of the foreign warehouse: a few of each table."""
    chosen = random.Random(1)
    named = {*world.codes, world.foreign.warehouse.code}
    by_table = defaultdict(list)
    for table, key in world.owned:
        by_table[table].append(key)
    for table, keys in sorted(by_table.items()):
        model = tables()[table]
        code = getattr(model, "code_field", "pk")
        for key in chosen.sample(sorted(keys, key=str), min(2, len(keys))):
            row = model._base_manager.get(pk=key)
            named |= {str(key), str(getattr(row, code))}
    return sorted(named)


def readable(answer: Any) -> str:
    """Return what an answer shows, also inside of a workbook or a PDF."""
    content: bytes = answer.whole
    if content[:5] == b"%PDF-":
        return text_of(content)
    if content[:2] != b"PK":
        return content.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode(errors="replace") for name in book.namelist())


@pytest.fixture(scope="module")
def ask(world: World) -> Callable[..., Any]:
    """Return a function that sends a request as a user (None: nobody) and undoes its effects.

    What `look` returns, called before they are undone, is the answer's `seen`.
    """

    def send(
        user: Any,
        method: str,
        address: str,
        body: Any = None,
        look: Callable[[], Any] | None = None,
        **headers: str,
    ) -> Any:
        client = APIClient(raise_request_exception=False)
        if user is not None:
            client.force_authenticate(user)
        with undone():
            answer = getattr(client, method)(address, **sent(method, body), **headers)
            answer.whole = b"".join(answer)
            for close in answer._resource_closers:  # not close(): that ends the connection too
                close()
            answer.seen = look() if look else None
        return answer

    return send
