"""Where the terms of suppliers come from, for the history that a trigger writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

TELL = """
    SELECT set_config('inventorypulse.terms_source', %s, true),
           set_config('inventorypulse.terms_reference', %s, true)"""


@contextmanager
def terms_from(source: str, reference: str = "") -> Iterator[None]:
    """Say of terms that are written inside where they come from; elsewhere they are by hand.

    Only inside of a transaction, which forgets it if it fails.
    """
    say(source, reference)
    yield
    say("", "")


def say(source: str, reference: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TELL, [source, reference])
