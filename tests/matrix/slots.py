"""Where a request may name something: path, query and body, read from the OpenAPI document."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from tests.matrix.routes import endpoints, without_parameters

# Values of these never name a row.
NO_NAMES = {"boolean", "number", "null"}
NO_NAME_FORMATS = {"date", "date-time", "binary", "double", "email", "uri"}
Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Operation:
    """One method of one path, and what a request to it may say."""

    method: str
    path: str
    parameters: tuple[dict[str, Any], ...] = ()
    body: tuple[Steps, ...] = ()
    view_class: Any = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def endpoint(self) -> tuple[str, str]:
        return self.method, self.path


def operations() -> list[Operation]:
    """Return every operation that the document describes; those of its own pages stay away."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    components = document["components"]["schemas"]
    served = endpoints()
    found = []
    for path, methods in document["paths"].items():
        form = without_braces(path)
        for method, described in methods.items():
            if (method, form) not in served:
                continue
            callback = served[method, form]
            query = [one for one in described.get("parameters", []) if one["in"] == "query"]
            found.append(
                Operation(
                    method,
                    form,
                    tuple(query),
                    tuple(dict.fromkeys(body_slots(described, components))),
                    getattr(callback, "cls", None),
                )
            )
    return found


def without_braces(path: str) -> str:
    """Turn `/api/alerts/{id}/` into `/api/alerts/{}/`."""
    return without_parameters(path.replace("{", "<x:").replace("}", ">"))


def body_slots(described: dict[str, Any], components: dict[str, Any]) -> Iterator[Steps]:
    content = described.get("requestBody", {}).get("content", {})
    if content:
        chosen = content.get("application/json") or next(iter(content.values()))
        yield from slots_of(chosen["schema"], components)


def slots_of(schema: dict[str, Any], components: dict[str, Any], at: Steps = ()) -> Iterator[Steps]:
    """Yield the way to each value that could name something, into objects and lists."""
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    parts = [*schema.get("oneOf", []), *schema.get("anyOf", []), *schema.get("allOf", [])]
    for part in parts:
        yield from slots_of(part, components, at)
    if "properties" in schema:
        for name, inner in schema["properties"].items():
            yield from slots_of(inner, components, (*at, name))
    elif "items" in schema:
        yield from slots_of(schema["items"], components, (*at, 0))
    elif at and not parts and may_name(schema) and "password" not in str(at[-1]):
        yield at


def may_name(schema: dict[str, Any]) -> bool:
    kinds = schema.get("type", "string")
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    return not (kinds <= NO_NAMES or "enum" in schema or schema.get("format") in NO_NAME_FORMATS)


def with_value(body: Any, steps: Steps, value: Any) -> Any:
    """Return a copy of a body in which the slot at the end of `steps` holds a value."""
    changed = copied(body)
    place = changed
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        empty: Any = value if following is None else ([] if isinstance(following, int) else {})
        if isinstance(step, int):
            place[:1] = [empty if following is None or not place else place[0]]
        elif following is None or not isinstance(place.get(step), dict | list):
            place[step] = empty
        place = place[step]
    return changed


def copied(body: Any) -> Any:
    """Copy objects and lists; files stay themselves."""
    if isinstance(body, dict):
        return {name: copied(value) for name, value in body.items()}
    if isinstance(body, list):
        return [copied(value) for value in body]
    return body if hasattr(body, "seek") else deepcopy(body)
