"""Reading numbers from the environment, with a sentence where one is out of range."""

import environ
from django.core.exceptions import ImproperlyConfigured


def whole_number(name: str, *, default: int, most: int) -> int:
    """Return the number from 0 to `most` that the variable holds; raises ImproperlyConfigured."""
    text = environ.Env().str(name, default="") or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise ImproperlyConfigured(
            f"{name}={text} is out of range: give a number from 0 to {most}."
        )
    return int(text)
