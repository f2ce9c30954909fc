"""Every path that the product answers, and by which methods, read from the URL resolver."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLPattern

METHODS = ("get", "post", "put", "patch", "delete")


def routes(patterns: Any = None, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Yield the form of each path, such as /api/alerts/{}/snooze/, and what answers it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + without_parameters(str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            yield path, pattern.callback
        elif path != "/admin/":  # its pages have a table of their own
            yield from routes(pattern.url_patterns, path)


def endpoints() -> dict[tuple[str, str], Any]:
    return {
        (method, path): callback for path, callback in routes() for method in methods_of(callback)
    }


def methods_of(callback: Any) -> list[str]:
    """Return the methods that somebody wrote an answer for."""
    view_class = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    if view_class is None:  # a function
        return ["get"]
    written = getattr(callback, "actions", None) or [
        method for method in METHODS if hasattr(view_class, method)
    ]
    possible = set(view_class.http_method_names)
    if not hasattr(callback, "cls"):  # Django's own pages answer PUT as they do POST
        possible &= {"get", "post"}
    return [method for method in METHODS if method in written and method in possible]


def without_parameters(pattern: str) -> str:
    """Turn `^alerts/(?P<pk>[^/]+(?:/…)*)/$` and `<int:pk>/` into `alerts/{}/`."""
    text, depth = "", 0
    for character in re.sub(r"<\w+:\w+>|<\w+>(?=/|$)", "{}", pattern.lstrip("^").rstrip("$")):
        depth += character == "("
        if not depth:
            text += character
        elif character == "(" and depth == 1:
            text += "{}"
        depth -= character == ")"
    return text.replace("\\", "")
