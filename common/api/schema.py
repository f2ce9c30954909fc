"""How the OpenAPI document describes what all endpoints share."""

import copy
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import force_instance
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from common.api.documents import FileRenderer
from common.api.exception_handler import TITLES
from common.api.exports import ExportRenderer

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Send the same key again to get the same answer without a second effect.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of what you read: if it has changed since, the answer is 412.",
)
SAVED_VIEW = OpenApiParameter(
    "view", str, description="The name of a saved filter, whose parameters hold with these."
)
VERSION = {"type": "integer", "description": "Another one after every change; also the ETag."}
VERBS = {
    "list": "List",
    "retrieve": "Read one of the",
    "create": "Add to the",
    "update": "Change, in part, one of the",
    "partial_update": "Change, in part, one of the",
    "destroy": "Delete one of the",
}
WRITES = ("POST", "PUT", "PATCH", "DELETE")


class ErrorSerializer(serializers.Serializer[Any]):
    """Every error."""

    error = serializers.CharField(help_text="A short title.")
    message = serializers.CharField(help_text="What to do.")
    code = serializers.CharField(help_text="Stable, for programs.")
    details = serializers.DictField(help_text="What is wrong, by the dotted path of its field.")


class EnvelopeAutoSchema(AutoSchema):
    """Tags by resource; errors, versions and headers as all endpoints have them."""

    view: Any

    def get_tags(self) -> list[str]:
        name = getattr(self.view, "resource_name", None) or super().get_tags()[0]
        return [name.replace("_", " ")]

    def get_summary(self) -> str | None:
        """Say in a line what the operation does: its own docstring, or the usual verb."""
        name = str(getattr(self.view, "action", None) or str(self.method).lower())
        own = vars(type(self.view)).get(name)
        if own is not None and own.__doc__:
            return " ".join(own.__doc__.split("\n\n")[0].split())
        if name in VERBS:
            return f"{VERBS[name]} {self.get_tags()[0]}"
        words = name if hasattr(self.view, "action") else self.path.strip("/").rpartition("/")[2]
        return words.replace("_", " ").replace("-", " ").capitalize()

    def get_override_parameters(self) -> list[Any]:
        own = list(super().get_override_parameters())
        if self.method in WRITES and getattr(self.view, "keeps_answers", True):
            own.append(IDEMPOTENCY_KEY)
        if getattr(self.view, "action", "") == "list" and hasattr(self.view, "list_rows"):
            own.append(SAVED_VIEW)
        return [*own, IF_MATCH] if self.names_version() else own

    def names_version(self) -> bool:
        """Say whether this writes one row, whose version the caller may have read."""
        return self.is_of_rows() and bool(self.view.detail) and self.method in WRITES

    def is_of_rows(self) -> bool:
        return hasattr(self.view, "find_row")

    def map_renderers(self, attribute: str) -> list[Any]:
        if attribute == "media_type":
            return [
                renderer.media_type
                for renderer in self.view.get_renderers()
                if renderer.format == "json"
            ]
        return super().map_renderers(attribute)

    def _get_request_for_media_type(self, serializer: Any, direction: str = "request") -> Any:
        serializer = force_instance(serializer)  # type: ignore[no-untyped-call]
        if self.method == "PUT" and isinstance(serializer, serializers.BaseSerializer):
            serializer = copy.copy(serializer)
            serializer.partial = True  # PUT changes what it names, as PATCH does
        return super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if self.shows_version():
            for code in bodies.keys() & {"200", "201"}:
                add_version(bodies[code])
        if self.method == "GET" and "content" in bodies.get("200", {}):
            add_files(bodies["200"], self.view.get_renderers())
        for number in self.error_codes():
            if str(number) not in bodies:
                error = OpenApiResponse(ErrorSerializer, description=TITLES[number])
                # An error is JSON, also where the answer is a picture or a file.
                bodies[str(number)] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    error, str(number), media_types=["application/json"]
                )
        return dict(sorted(bodies.items()))

    def error_codes(self) -> list[int]:
        """Return the errors that an operation can answer with."""
        is_write = self.method in WRITES
        named = {
            400: True,
            401: self.asks_who() or is_write,  # signing in, too, may be refused
            403: self.asks_who(),
            404: "{" in self.path,
            406: True,
            409: is_write,
            412: self.names_version(),
            413: is_write,
            415: is_write,
            422: is_write,
            429: bool(self.view.throttle_classes),
            503: True,
        }
        # A view names by action what it may answer beside these.
        action = getattr(self.view, "action", None) or str(self.method).lower()
        further = getattr(self.view, "further_errors", {}).get(action, ())
        return sorted({*(code for code, applies in named.items() if applies), *further})

    def asks_who(self) -> bool:
        return AllowAny not in self.view.permission_classes

    def shows_version(self) -> bool:
        """Say whether the answer is one whole row."""
        action = self.view.action if self.is_of_rows() else None
        if action is None or action in self.view.versionless_answers:
            return False
        if action == "create":
            return True
        if self.method == "GET":
            return bool(action == "retrieve")
        return bool(self.view.detail) and self.method != "DELETE"


def add_version(answer: dict[str, Any]) -> None:
    """Describe the version in the body and the header of an answer."""
    version = {"type": "object", "required": ["version"], "properties": {"version": VERSION}}
    for content in answer.get("content", {}).values():
        content["schema"] = {"allOf": [content["schema"], version]}
        answer["headers"] = {"ETag": {"schema": {"type": "string"}}}


def add_files(answer: dict[str, Any], renderers: list[Any]) -> None:
    """Describe the files that an answer can be had as."""
    file = {"schema": {"type": "string", "format": "binary"}}
    answer["content"] |= {
        renderer.media_type: file
        for renderer in renderers
        if isinstance(renderer, ExportRenderer | FileRenderer)
    }
