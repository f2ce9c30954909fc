"""Who somebody is: the one place where a password is checked, for every door."""

import logging

from django.conf import settings
from django.contrib.auth.hashers import make_password

from notifications.outbox import queue_mail
from users.exceptions import CodeRefused, CodeRequired, InvalidCredentials
from users.models import User
from users.password_rules import spellings_of
from users.services.attempts import (
    give_back_account_attempt,
    give_back_address_attempt,
    take_account_attempt,
    take_address_attempt,
)
from users.services.second_factors import factor_of, use_code

logger = logging.getLogger(__name__)

ACCOUNT_LOCKED = "users.account_locked"


def check_credentials(*, name: str, password: str, code: str = "", address: str = "") -> User:
    """Return the user of a name or e-mail address whose password this is.

    The attempt is counted on the address and on the account before anything is compared; a right
    password begins the count anew. Whether there is no such account, it is locked, may not sign
    in, or the password is wrong: the answer and the work are the same, InvalidCredentials. Raises
    TooManyAttempts where the address has used up its attempts; after the right password alone,
    CodeRequired where the account has a second factor, and CodeRefused for a wrong code, which
    counts as a wrong password does.
    """
    take_address_attempt(address)
    user: User | None = User.objects.signing_in_as(name).first()
    number = take_account_attempt(user, name)
    is_known = has_password(user if number else None, password)
    if user is None or not is_known or not user.is_active:
        if number == settings.SIGN_IN_ATTEMPTS_PER_ACCOUNT:
            tell_of_lock(user)
        note("refused", user, address)
        raise InvalidCredentials
    factor = factor_of(user)
    if factor is not None and not code:
        give_back_account_attempt(user)
        give_back_address_attempt(address)
        note("right, and a code is asked for", user, address)
        raise CodeRequired
    if factor is not None and not use_code(factor, code):
        if number == settings.SIGN_IN_ATTEMPTS_PER_ACCOUNT:
            tell_of_lock(user)
        note("right, but the code is refused", user, address)
        raise CodeRefused
    forget_attempts(user)
    give_back_address_attempt(address)
    note("right", user, address)
    return user


def note(outcome: str, user: User | None, address: str) -> None:
    """Log how a password was judged; never what was typed, which may be a password, too."""
    whose = user.code if user else "nobody"
    logger.info("The password of %s, shown from %s, is %s.", whose, address or "here", outcome)


def has_password(user: User | None, password: str) -> bool:
    """Compare a password, with the work of one comparison also where there is nobody."""
    if user is None:
        for spelling in spellings_of(password):
            make_password(spelling)
        return False
    return user.check_password(password)


def forget_attempts(user: User) -> None:
    """Begin the count of an account's attempts anew, which also ends its lock."""
    User.objects.filter(pk=user.pk).update(failed_login_attempts=0, attempts_end_at=None)
    user.failed_login_attempts, user.attempts_end_at = 0, None


def tell_of_lock(user: User | None) -> None:
    """Mail the owner of an account in use that its attempts are used up."""
    if user is not None and user.is_active:
        queue_mail(ACCOUNT_LOCKED, recipient=user, payload={"user_id": user.pk})
