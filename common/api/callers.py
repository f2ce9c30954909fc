"""Bodies that name who acts."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from common.exceptions import InvalidInput


def require_caller(request: Request, body: Mapping[str, Any], *fields: str) -> None:
    """Refuse a body that names somebody other than the caller as the one who acts.

    A field may be absent or hold the caller's code (USR001), primary key or user name.
    """
    user: Any = request.user
    own = {user.code, str(user.pk), user.username.upper()}
    wrong = {
        field: ["Leave it out: the one who is signed in acts."]
        for field in fields
        if body.get(field) not in (None, "") and str(body[field]).strip().upper() not in own
    }
    if wrong:
        raise InvalidInput("A request acts for the one who is signed in.", wrong)
