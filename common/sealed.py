"""Secrets that the product has to know again, stored so that the database alone does not tell them.

Sealed with Fernet (AES-128-CBC and HMAC-SHA256). The key of each column is derived from SECRET_KEY
by HKDF-SHA256 (RFC 5869), so that a text moved to another column opens nothing. Texts sealed under
one of SECRET_KEY_FALLBACKS open, too; `manage.py reseal_secrets` seals them under SECRET_KEY.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from common.exceptions import DomainError

LABEL = b"inventorypulse sealed column "


class SecretUnreadable(DomainError):
    """A secret was sealed under a SECRET_KEY that is not known any more."""

    code = "secret_unreadable"
    title = "Secret unreadable"


class SealedField(models.TextField[Any, Any]):
    """Holds what `seal` made for this very column; never the secret itself."""


def seal(column: models.Field[Any, Any], secret: str) -> str:
    """Return what is stored of a secret in a column."""
    return sealer_of(column).encrypt(secret.encode()).decode()


def unseal(row: models.Model, name: str) -> str:
    """Return the secret that a row's column holds; raises SecretUnreadable."""
    column = row._meta.get_field(name)
    try:
        return sealer_of(column).decrypt(getattr(row, name).encode()).decode()  # type: ignore[arg-type]
    except InvalidToken:
        raise SecretUnreadable(
            "The secret was stored under another SECRET_KEY. Name that in SECRET_KEY_FALLBACKS, "
            "or make a new secret."
        ) from None


def sealer_of(column: models.Field[Any, Any]) -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return sealer(f"{column.model._meta.label_lower}.{column.name}", keys)


@lru_cache(maxsize=32)
def sealer(purpose: str, keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(derived_key(key, purpose)) for key in keys])


def derived_key(key: str, purpose: str) -> bytes:
    """Return the key of a column: HKDF-SHA256 without salt, as SECRET_KEY is random itself."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=LABEL + purpose.encode())
    return urlsafe_b64encode(derivation.derive(key.encode()))


def sealed_columns() -> list[models.Field[Any, Any]]:
    return [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, SealedField)
    ]


@transaction.atomic
def reseal_secrets() -> int:
    """Seal under SECRET_KEY whatever an older key still opens; return how many secrets.

    Locks each row that holds one. Raises SecretUnreadable, and changes nothing, where a secret
    opens with no key that is known.
    """
    resealed = 0
    for column in sealed_columns():
        rows: Any = column.model._base_manager.exclude(**{column.name: ""})
        for row in rows.select_for_update(no_key=True).order_by("pk"):
            text = seal(column, unseal(row, column.name))
            column.model._base_manager.filter(pk=row.pk).update(**{column.name: text})
            resealed += 1
    return resealed
