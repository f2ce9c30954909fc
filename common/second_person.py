"""Nobody decides their own request, unless the company says that one person may."""

from typing import Any

from common.exceptions import OwnRequest
from common.models import CompanySettings


def may_decide(asked_by: Any, user: Any) -> bool:
    """Say whether somebody may decide what these people, by their keys, asked for or entered."""
    people = asked_by if isinstance(asked_by, list | set | tuple) else [asked_by]
    return user.pk not in people or not CompanySettings.current().second_person_rule


def require_second_person(asked_by: Any, *, acting_user: Any) -> None:
    """Raise OwnRequest where somebody decides what they asked for or entered themselves.

    `asked_by` is a user's key, or several. The setting is read only where it matters.
    """
    if not may_decide(asked_by, acting_user):
        text = (
            "You asked for this yourself, so somebody else decides it. Where there is nobody "
            "else, an administrator may switch off second_person_rule in the settings."
        )
        raise OwnRequest(text)
