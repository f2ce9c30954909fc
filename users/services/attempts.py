"""Counting attempts before they are judged, so that a burst gets no more of them than one by one.

Each count is one statement of the database, which works while the cache is down (ADR 0025).
"""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from common.addresses import network_of
from users.exceptions import TooManyAttempts
from users.models import AttemptCount, User

WINDOW = timedelta(minutes=15)
HOUR = timedelta(hours=1)
COUNT = """
    INSERT INTO users_attemptcount AS counted (key, attempts, ends_at) VALUES (%(key)s, 1, %(end)s)
    ON CONFLICT (key) DO UPDATE SET
        attempts = CASE WHEN counted.ends_at <= %(now)s THEN 1 ELSE counted.attempts + 1 END,
        ends_at = CASE
            WHEN counted.ends_at <= %(now)s OR counted.attempts + 1 >= %(limit)s
            THEN excluded.ends_at ELSE counted.ends_at END
    WHERE counted.ends_at <= %(now)s OR counted.attempts < %(limit)s
    RETURNING attempts"""
COUNT_ON_ACCOUNT = """
    UPDATE users_user SET
        failed_login_attempts = CASE
            WHEN attempts_end_at > %(now)s THEN failed_login_attempts + 1 ELSE 1 END,
        attempts_end_at = CASE
            WHEN attempts_end_at > %(now)s AND failed_login_attempts + 1 < %(limit)s
            THEN attempts_end_at ELSE %(end)s END
    WHERE id = %(id)s
      AND (attempts_end_at IS NULL OR attempts_end_at <= %(now)s
           OR failed_login_attempts < %(limit)s)
    RETURNING failed_login_attempts"""


def take_attempt(what: str, *, limit: int, window: timedelta = WINDOW) -> int | None:
    """Count one more attempt at `what`; return its number, or None where there were enough.

    The window begins with the first attempt, and anew with the last one that is let through.
    One statement; locks the row of the count for as long as the transaction lasts, if there is one.
    """
    now = timezone.now()
    wanted: dict[str, int | str | datetime]
    wanted = {"key": key_of(what), "limit": limit, "now": now, "end": now + window}
    return number_from(COUNT, wanted)


def take_account_attempt(user: User | None, name: str) -> int | None:
    """Count one more sign-in of an account, or of a name that nobody has, with equal work."""
    limit = settings.SIGN_IN_ATTEMPTS_PER_ACCOUNT
    if user is None:
        return take_attempt(f"name {name.strip().lower()}", limit=limit)
    now = timezone.now()
    wanted: dict[str, int | str | datetime]
    wanted = {"id": user.pk, "limit": limit, "now": now, "end": now + WINDOW}
    return number_from(COUNT_ON_ACCOUNT, wanted)


def take_address_attempt(address: str) -> None:
    """Count one more sign-in from an address; raises TooManyAttempts."""
    limit = settings.SIGN_IN_ATTEMPTS_PER_ADDRESS
    if not address or not limit:
        return
    what = address_key(address)
    require_attempt(what, limit=limit)


def require_attempt(what: str, *, limit: int, window: timedelta = WINDOW) -> None:
    """Count one more attempt at `what`; raises TooManyAttempts where there were enough."""
    if take_attempt(what, limit=limit, window=window) is None:
        raise TooManyAttempts(seconds_left(what))


def give_back_account_attempt(user: User) -> None:
    """Take an attempt back that was right as far as it went; wrong ones before stay counted."""
    counted = User.objects.filter(pk=user.pk, failed_login_attempts__gt=0)
    counted.update(failed_login_attempts=F("failed_login_attempts") - 1)


def give_back_address_attempt(address: str) -> None:
    """Let a sign-in that succeeded cost its address nothing: many may work behind one."""
    if address:
        counted = AttemptCount.objects.filter(key=key_of(address_key(address)), attempts__gt=0)
        counted.update(attempts=F("attempts") - 1)


def seconds_left(what: str) -> int:
    """Return how long a count of attempts goes on, at least a second."""
    ends_at = AttemptCount.objects.filter(key=key_of(what)).values_list("ends_at", flat=True)
    left = next(iter(ends_at), timezone.now()) - timezone.now()
    return max(1, int(left.total_seconds()))


def purge_attempt_counts(*, now: datetime | None = None) -> int:
    """Delete the counts that are over; return how many."""
    deleted, _ = AttemptCount.objects.filter(ends_at__lt=now or timezone.now()).delete()
    return deleted


def address_key(address: str) -> str:
    return f"address {network_of(address)}"


def key_of(what: str) -> str:
    """Return a key of fixed length that tells no names."""
    return hashlib.sha256(f"{settings.SECRET_KEY} {what}".encode(errors="replace")).hexdigest()


def number_from(statement: str, wanted: dict[str, int | str | datetime]) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, wanted)
        row = cursor.fetchone()
    return int(row[0]) if row else None
