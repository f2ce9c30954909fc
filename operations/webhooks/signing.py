"""Signatures as the Standard Webhooks specification has them, so that its libraries verify them.

Signed is `id.timestamp.body`, with HMAC-SHA256 under the bytes of the secret.
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
KEY_BYTES = 32


def new_secret() -> str:
    """Return a secret as receivers keep it."""
    return PREFIX + b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def signature(secret: str, event_id: str, timestamp: int, body: str) -> str:
    """Return one signature of version 1."""
    key = b64decode(secret.removeprefix(PREFIX))
    signed = f"{event_id}.{timestamp}.{body}".encode()
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()


def signed_headers(
    known_secrets: Iterable[str], event_id: str, body: str, at: datetime
) -> dict[str, str]:
    """Return the headers by which a receiver knows who sent a body, when, and that it is whole."""
    timestamp = int(at.timestamp())
    signatures = [signature(secret, event_id, timestamp, body) for secret in known_secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
