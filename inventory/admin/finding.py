"""The search of the catalogue in the admin site."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from common.exceptions import InvalidInput

SEARCH_HELP = "Words in any order of name, description, tags, product id, SKU or barcode."


def found_in_admin(
    request: HttpRequest,
    rows: Any,
    text: str,
    matching: Callable[[str], Any],
    path: str = "pk",
) -> Any:
    """Return the rows whose `path` is among the keys that a text finds; say why none is."""
    if not text.strip():
        return rows
    try:
        return rows.filter(**{f"{path}__in": matching(text)})
    except InvalidInput as error:
        messages.error(request, error.message)
        return rows.none()
