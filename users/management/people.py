"""Naming people and roles on the command line."""

from django.core.management.base import CommandError

from common.permissions import ROLE_SYNONYMS, Role
from users.models import User


def find_user(text: str) -> User:
    """Return the user of a user name, e-mail address, code or id; raises CommandError."""
    user = User.objects.by_reference(text).first() or User.objects.signing_in_as(text).first()
    if user is None:
        raise CommandError(f"There is no user {text!r}. Name a user name, address or code.")
    return user


def role_named(text: str) -> Role:
    """Return the role of a name or a synonym, in any case; raises CommandError."""
    name = text.lower()
    roles = {**{role.value: role for role in Role}, **ROLE_SYNONYMS}
    if name not in roles:
        raise CommandError(f"There is no role {name!r}. Choose one of {', '.join(roles)}.")
    return roles[name]
