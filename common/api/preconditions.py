"""Lost updates: a write that names the version it has read is refused if that is stale.

The version is the `ETag` of a detail answer, and `version` in its body. It is compared under the
lock of the row, in the transaction of the write, so that of two writers one wins.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from common.exceptions import ChangedMeanwhile, StaleVersion
from common.row_versions import lock_version

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
REMEDY = "Somebody else changed this meanwhile. Read it again, then repeat your change."
LARGEST_VERSION = 2**32


def may_name_version(request: HttpRequest) -> bool:
    """Say whether a write may state a precondition, without reading a form with files."""
    if "If-Match" in request.headers or (request.content_type or "").startswith("multipart/"):
        return True
    try:
        return b"version" in request.body
    except RequestDataTooBig:
        return False


def states_precondition(request: Request) -> bool:
    """Say whether a write names the version that it is meant for."""
    return "If-Match" in request.headers or version_in_body(request) is not None


def require_current(request: Request, row: Any) -> None:
    """Lock a row and raise unless it has the version that the request names.

    ChangedMeanwhile (412) for `If-Match`, StaleVersion (409) for `version` in the body. Must run
    in the transaction of the write.
    """
    present = lock_version(type(row), row.pk)
    tags = request.headers.get("If-Match")
    if tags is not None and not matches(tags, present):
        raise ChangedMeanwhile(REMEDY, {"If-Match": [REMEDY]})
    version = version_in_body(request)
    if version is not None and version != present:
        raise StaleVersion(REMEDY, {"version": [REMEDY]})


def matches(tags: str, present: int | None) -> bool:
    """Say whether an If-Match header admits a version: `*`, or a list of entity tags."""
    named = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    return present is not None and bool(named & {"*", entity_tag(present), str(present)})


def version_in_body(request: Request) -> int | None:
    body = request.data
    text = body.get("version") if isinstance(body, Mapping) else None
    if text is None:
        return None
    try:
        version = -1 if isinstance(text, bool | float) else int(text)
    except (TypeError, ValueError):
        version = -1
    if not 0 <= version <= LARGEST_VERSION:
        raise ValidationError({"version": ["Send the number of the answer, or leave it out."]})
    return version


def entity_tag(version: int) -> str:
    return f'"{version}"'
