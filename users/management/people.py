"""Naming people on the command line."""

from django.core.management.base import CommandError

from users.models import User


def find_user(text: str) -> User:
    """Return the user of a user name, e-mail address, code or id; raises CommandError."""
    user = User.objects.by_reference(text).first() or User.objects.signing_in_as(text).first()
    if user is None:
        raise CommandError(f"There is no user {text!r}. Name a user name, address or code.")
    return user
