"""What the browsable API offers to send: the examples of the OpenAPI document."""

import re
from functools import cache
from typing import Any

from common.api.openapi import openapi_document

JSON = "application/json"


@cache
def documented_bodies() -> list[tuple[re.Pattern[str], str, Any]]:
    """Return the example of every JSON body, by path and method; paths without a slot first."""
    found = [
        (path, method, operation["requestBody"]["content"][JSON])
        for path, operations in openapi_document()["paths"].items()
        for method, operation in operations.items()
        if JSON in operation.get("requestBody", {}).get("content", {})
    ]
    found.sort(key=lambda one: one[0].count("{"))
    return [
        (re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path))), method, example_in(content))
        for path, method, content in found
    ]


def example_in(content: dict[str, Any]) -> Any:
    """Return the example of a body: its only one, or the first of several."""
    several = content.get("examples", {})
    first: dict[str, Any] = next(iter(several.values()), {})
    return content.get("example", first.get("value"))


def example_for(path: str, method: str) -> Any:
    """Return what may be sent to a path, or None where it takes no JSON."""
    for pattern, documented, example in documented_bodies():
        if documented == method.lower() and pattern.fullmatch(path):
            return example
    return None
