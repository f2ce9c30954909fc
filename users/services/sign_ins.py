"""Writes of sign-ins and their chains of refresh tokens."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Least
from django.utils import timezone

from users.exceptions import InvalidCredentials, SignInEnded
from users.models import SignIn, User
from users.services.credentials import check_credentials

SIGN_IN_LASTS: timedelta = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
# However often it is renewed, somebody shows a password again.
SIGN_IN_ENDS = timedelta(days=30)
TWIN_GRACE = timedelta(seconds=10)
KEEP_ENDED_SIGN_INS = timedelta(days=30)


def sign_in(
    *, name: str, password: str, code: str = "", user_agent: str = "", address: str = ""
) -> SignIn:
    """Start a sign-in for a user name or e-mail address; raises as check_credentials.

    Locks the account, so that a new password or a dismissal that came since the password was
    compared leaves no sign-in behind.
    """
    user = check_credentials(name=name, password=password, code=code, address=address)
    with transaction.atomic():
        same = User.objects.active().filter(pk=user.pk, password=user.password)
        if not same.update(last_login=timezone.now()):
            raise InvalidCredentials
        row: SignIn = SignIn.objects.create(
            user=user,
            current_jti=uuid4().hex,
            expires_at=timezone.now() + SIGN_IN_LASTS,
            user_agent=user_agent[:200],
            address=address or None,
        )
    return row


def rotate_sign_in(*, sign_in_id: int, jti: str) -> SignIn:
    """Exchange the newest refresh token of a sign-in for the next one.

    Of several simultaneous uses one wins. The others are refused; an older token that comes
    back later was stolen or copied and ends the sign-in for good. Raises SignInEnded.
    """
    sign_in: SignIn | None = SignIn.objects.select_related("user").filter(pk=sign_in_id).first()
    if sign_in is None or not sign_in.user.is_active or sign_in.revoked_at is not None:
        raise SignInEnded
    new_jti = uuid4().hex
    if swap_jti(sign_in_id, jti, new_jti):
        sign_in.refresh_from_db(fields=["current_jti", "expires_at"])
        return sign_in
    sign_in.refresh_from_db()
    if jti != sign_in.previous_jti or timezone.now() - sign_in.rotated_at > TWIN_GRACE:
        sign_out(sign_in_id=sign_in_id)
    raise SignInEnded


def swap_jti(sign_in_id: int, old: str, new: str) -> bool:
    """Replace the good token by the next one, in a single conditional statement.

    A sign-in ends a week after its last use, at the latest SIGN_IN_ENDS after it began.
    """
    now = timezone.now()
    good = SignIn.objects.filter(
        pk=sign_in_id, current_jti=old, revoked_at=None, expires_at__gt=now
    )
    ends_at = Least(Value(now + SIGN_IN_LASTS), F("started_at") + SIGN_IN_ENDS)
    changes = {"current_jti": new, "previous_jti": old, "rotated_at": now, "expires_at": ends_at}
    return bool(good.update(**changes))


def note_browser_sign_in(
    *, user: User, session_key: str, expires_at: datetime, user_agent: str, address: str
) -> SignIn:
    """Write down that a browser's session is a user's, so that it can be seen and ended."""
    row: SignIn = SignIn.objects.create(
        user=user,
        session_key=session_key,
        expires_at=expires_at,
        user_agent=user_agent[:200],
        address=address or None,
    )
    return row


def renew_session_key(*, sign_in_id: int, session_key: str) -> None:
    """Follow a browser's session to the new key that Django gave it."""
    SignIn.objects.filter(pk=sign_in_id).update(session_key=session_key)


def sign_out(*, sign_in_id: int) -> None:
    """End a sign-in: its tokens, or its browser session, stop at once."""
    end(SignIn.objects.filter(pk=sign_in_id))


def sign_out_browser(*, session_key: str) -> None:
    """End the sign-in of a browser's session."""
    end(SignIn.objects.filter(session_key=session_key))


def end_sign_ins(user: User, *, keep: int | None = None) -> int:
    """End every sign-in of a user, but the one to keep; return how many."""
    return end(SignIn.objects.filter(user=user).exclude(pk=keep))


@transaction.atomic
def end(sign_ins: QuerySet[SignIn]) -> int:
    """Revoke sign-ins and delete the browser sessions among them; return how many."""
    running = sign_ins.filter(revoked_at=None)
    keys = list(running.exclude(session_key="").values_list("session_key", flat=True))
    if keys:
        Session.objects.filter(session_key__in=keys).delete()
    return running.update(revoked_at=timezone.now())


def purge_ended_sign_ins() -> int:
    """Delete sign-ins that nobody could go on with for a month; return how many."""
    deleted, _ = SignIn.objects.filter(expires_at__lt=timezone.now() - KEEP_ENDED_SIGN_INS).delete()
    return deleted
