"""Second factors: the codes of an authenticator app, and recovery codes (RFC 6238, RFC 4226)."""

import logging
import secrets
import time
from base64 import b32decode, b32encode
from hmac import compare_digest
from urllib.parse import quote

from django.db import transaction
from django.utils import timezone
from django_otp.oath import hotp

from common.exceptions import InvalidInput, NotAllowed, WrongState
from common.permissions import Can
from common.sealed import SecretUnreadable, seal, unseal
from users.models import RecoveryCode, SecondFactor, User
from users.services.api_tokens import hash_of
from users.services.attempts import take_attempt

logger = logging.getLogger(__name__)

ISSUER = "InventoryPulse"
STEP, DIGITS = 30, 6  # seconds, and how long a code is
STEPS_ASIDE = 1  # clocks may differ by half a minute
RECOVERY_CODES = 10
CONFIRMATIONS = 10


def begin_second_factor(*, acting_user: User) -> SecondFactor:
    """Make a secret for an app to take over; nothing is asked for until it is confirmed.

    Raises WrongState where one is confirmed already.
    """
    secret = b32encode(secrets.token_bytes(20)).decode()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=acting_user.pk)
        factor = SecondFactor.objects.filter(user=acting_user).first()
        if factor is not None and factor.confirmed_at is not None:
            raise WrongState("There is a second factor. Turn it off before you set up another.")
        factor, _ = SecondFactor.objects.update_or_create(
            user=acting_user,
            defaults={
                "secret": seal(SecondFactor._meta.get_field("secret"), secret),
                "last_step": 0,
            },
        )
    return factor


def confirm_second_factor(*, code: str, acting_user: User) -> list[str]:
    """Ask for codes from now on; return the recovery codes, which stand nowhere else.

    Raises InvalidInput (code), also after too many wrong ones, and WrongState.
    """
    number = take_attempt(f"second factor {acting_user.pk}", limit=CONFIRMATIONS)
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=acting_user).first()
        if factor is None or factor.confirmed_at is not None:
            raise WrongState("There is no second factor to confirm. Set one up first.")
        if number is None or not use_app_code(factor, code):
            text = "This is not the present code of the app, or there were too many attempts."
            raise InvalidInput(text, {"code": [text]})
        SecondFactor.objects.filter(pk=factor.pk).update(confirmed_at=timezone.now())
        codes = [recovery_code() for _ in range(RECOVERY_CODES)]
        RecoveryCode.objects.filter(factor=factor).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(factor=factor, code_hash=hash_of(one)) for one in codes
        )
    return codes


def recovery_code() -> str:
    """Return 120 random bits in groups to type: too many to guess from an unsalted hash."""
    letters = b32encode(secrets.token_bytes(15)).decode().lower()
    return "-".join(letters[start : start + 6] for start in range(0, len(letters), 6))


def remove_second_factor(*, user: User, acting_user: User) -> None:
    """Ask somebody for codes no more; raises NotAllowed for another's unless an administrator."""
    if user.pk != acting_user.pk and not acting_user.can(Can.MANAGE_USERS):
        raise NotAllowed("Only an administrator takes back another's second factor.")
    SecondFactor.objects.filter(user=user).delete()


def secret_of(factor: SecondFactor) -> str:
    """Return the secret that an app shares, in base 32; raises SecretUnreadable."""
    return unseal(factor, "secret")


def factor_of(user: User) -> SecondFactor | None:
    """Return the second factor that a user has to show, if any."""
    return SecondFactor.objects.filter(user=user).exclude(confirmed_at=None).first()


def use_code(factor: SecondFactor, code: str) -> bool:
    """Use up a code of the app or a recovery code; of several uses at once one succeeds."""
    return use_app_code(factor, code) or use_recovery_code(factor, code)


def use_app_code(factor: SecondFactor, code: str) -> bool:
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == DIGITS):
        return False
    try:
        key = b32decode(secret_of(factor))
    except SecretUnreadable as error:  # a recovery code still opens the account
        logger.error("The second factor of user %s: %s", factor.user_id, error)
        return False
    now = int(time.time()) // STEP
    for step in range(now - STEPS_ASIDE, now + STEPS_ASIDE + 1):
        if compare_digest(f"{hotp(key, step, DIGITS):0{DIGITS}}", digits):
            unused = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
            return bool(unused.update(last_step=step))
    return False


def use_recovery_code(factor: SecondFactor, code: str) -> bool:
    unused = RecoveryCode.objects.filter(
        factor=factor, code_hash=hash_of(code.strip().lower()), used_at=None
    )
    return bool(unused.update(used_at=timezone.now()))


def address_for_app(factor: SecondFactor) -> str:
    """Return what an app reads from a QR code."""
    label = quote(f"{ISSUER}:{factor.user.username}")
    return (
        f"otpauth://totp/{label}?secret={secret_of(factor)}&issuer={ISSUER}"
        f"&digits={DIGITS}&period={STEP}"
    )
