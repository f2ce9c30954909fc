"""Saved filters of the API's lists: which lists there are, and `?view=NAME` on each of them."""

from functools import cache
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import URLPattern, get_resolver
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from common.exceptions import InvalidInput
from common.models import SavedView
from common.references import as_primary_key
from common.saved_views import canonical_query

VIEW = "view"
# What says where in the list one is, and in which form one reads it.
NOT_SAVED = ("page", "limit", "cursor", "format", VIEW)


@cache
def lists() -> dict[str, Any]:
    """Return every list of the API by its path, such as `stock-movements`, in order."""
    found: dict[str, Any] = {}
    for path, callback in under_api(get_resolver().url_patterns):
        view_class = getattr(callback, "cls", None)
        is_list = getattr(callback, "actions", {}).get("get") == "list"
        if is_list and hasattr(view_class, "list_rows") and "<" not in path:
            found.setdefault(path, view_class)
    return dict(sorted(found.items()))


def under_api(patterns: Any, prefix: str = "") -> Any:
    """Yield the path and the callback of every pattern under /api/."""
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if not path.startswith("api/"):
            continue
        if isinstance(pattern, URLPattern):
            yield path.removeprefix("api/").strip("/^$?"), pattern.callback
        else:
            yield from under_api(pattern.url_patterns, path)


def lists_of(user: Any) -> dict[str, Any]:
    """Return the lists that a user may read."""
    return {
        path: view_class
        for path, view_class in lists().items()
        if "list" in view_class.permissions and user.can(view_class.permissions["list"])
    }


def paths_of(view: Any) -> list[str]:
    """Return the paths at which a view's list stands."""
    return [path for path, view_class in lists().items() if isinstance(view, view_class)]


def take_saved_view(view: Any, request: Request) -> None:
    """Put the parameters of the filter that `?view=` names among those of the request.

    By name, one's own first, or by id; what the request itself says counts more. Raises
    ValidationError (view) where there is no such filter of this list.
    """
    name = request.query_params.get(VIEW)
    if name is None:
        return
    user: Any = request.user
    known = SavedView.objects.visible_to(user).filter(resource__in=paths_of(view))
    named = sorted(known.filter(name=name), key=lambda one: (one.owner_id != user.pk, one.pk))
    found = named[0] if named else known.filter(pk=as_primary_key(name) or 0).first()
    if found is None:
        text = f"You have no saved filter {name[:50]!r} of this list. See /api/saved-views/."
        raise ValidationError({VIEW: [text]})
    merged = QueryDict(found.query, mutable=True)
    for parameter, values in request.query_params.lists():
        if parameter != VIEW:
            merged.setlist(parameter, values)
    request._request.GET = merged  # type: ignore[assignment]


def checked_query(resource: str, parameters: dict[str, Any], request: Request) -> str:
    """Return parameters as they are kept, once the list itself has taken them.

    Raises ValidationError for a list that the caller may not read, and for what the list refuses.
    """
    user: Any = request.user
    view_class = lists_of(user).get(resource)
    if view_class is None:
        text = f"Unknown list {resource[:50]!r}. Known: {', '.join(lists_of(user))}."
        raise ValidationError({"resource": [text]})
    wrong = {name: ["Is not saved. Leave it out."] for name in parameters if name in NOT_SAVED}
    if wrong:
        raise ValidationError({"parameters": wrong})
    query = canonical_query(
        (name, value)
        for name, values in parameters.items()
        for value in (values if isinstance(values, list) else [values])
    )
    asked = HttpRequest()
    asked.method, asked.GET = "GET", QueryDict(query)
    view = view_class(action="list", kwargs={}, format_kwarg=None)
    view.request = Request(asked)
    view.request.user = user
    try:
        view.list_rows(view.filter_queryset(view.get_queryset()))
    except ValidationError as error:
        raise ValidationError({"parameters": error.detail}) from None
    except InvalidInput as error:
        raise ValidationError({"parameters": error.details or [error.message]}) from None
    return query
