"""Passwords as they are stored."""

from threading import BoundedSemaphore
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

# Each takes 100 MiB while it lasts: a burst of sign-ins must not take the machine's memory.
HASHES_AT_ONCE = BoundedSemaphore(4)


class BoundedArgon2Hasher(Argon2PasswordHasher):
    """Argon2, a few at once in each process; others wait for their turn."""

    def encode(self, *args: Any, **kwargs: Any) -> str:
        with HASHES_AT_ONCE:
            return super().encode(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> bool:
        with HASHES_AT_ONCE:
            return super().verify(*args, **kwargs)
