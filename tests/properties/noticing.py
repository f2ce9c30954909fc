"""What counts as noticed when something is wrong with the product."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, ProgrammingError
from hypothesis.errors import FlakyFailure


@contextmanager
def noticed() -> Iterator[None]:
    """The model or a constraint notices; a statement that PostgreSQL cannot read proves nothing."""
    with pytest.raises((AssertionError, DatabaseError, FlakyFailure)) as raised:
        yield
    assert not [one for one in errors_in(raised.value) if isinstance(one, ProgrammingError)]


def errors_in(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, or each one of a group."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from errors_in(one)
    else:
        yield error
