"""A database session for work in bulk, without the limits of a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def patient_session() -> Iterator[None]:
    """Let statements of this session take as long as they must; the web's limits stay."""
    limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with connection.cursor() as cursor:
        for limit in limits:
            cursor.execute(f"SET {limit} = 0")
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                for limit in limits:
                    cursor.execute(f"RESET {limit}")
