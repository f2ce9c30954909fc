"""The OpenAPI document: one for everybody, made once in each process."""

from functools import cache
from threading import Lock
from typing import Any

from drf_spectacular.generators import SchemaGenerator

ONE_AT_A_TIME = Lock()


def openapi_document() -> dict[str, Any]:
    """Return the document, made when it is first asked for; not to be changed."""
    with ONE_AT_A_TIME:
        return made_document()


@cache
def made_document() -> dict[str, Any]:
    generator: Any = SchemaGenerator
    document: dict[str, Any] = generator().get_schema(request=None, public=True)
    return document
