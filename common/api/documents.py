"""Answers that are a file of their own: pictures and PDF; what is none is an error, as JSON."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.renderers import NumberJSONRenderer
from common.documents.words import file_name


class FileRenderer(BaseRenderer):
    """Gives out the bytes that a view made."""

    charset = None
    render_style = "binary"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return bytes(data)


class SvgRenderer(FileRenderer):
    media_type = "image/svg+xml"
    format = "svg"


class PngRenderer(FileRenderer):
    media_type = "image/png"
    format = "png"


class PdfRenderer(FileRenderer):
    media_type = "application/pdf"
    format = "pdf"


class FileAnswersMixin:
    """A viewset some of whose actions answer with a file: `file_renderers` names them."""

    file_renderers: dict[str, list[type[FileRenderer]]] = {}

    def get_renderers(self) -> list[Any]:
        kinds = self.file_renderers.get(getattr(self, "action", "") or "")
        if kinds is None:
            kept: list[Any] = super().get_renderers()  # type: ignore[misc]
            return kept
        return [kind() for kind in kinds]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        renderer = getattr(request, "accepted_renderer", None)
        is_file = isinstance(renderer, FileRenderer | None)
        if getattr(response, "exception", False) and is_file:
            request.accepted_renderer = NumberJSONRenderer()
            request.accepted_media_type = NumberJSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]


def file_answer(*renderers: type[FileRenderer]) -> dict[Any, Any]:
    """Return how OpenAPI describes an answer that is one of these files."""
    return {(200, renderer.media_type): OpenApiTypes.BINARY for renderer in renderers}


def pdf_answer(pdf: bytes, code: str) -> Response:
    """Return a document that a browser shows, under the name of its number."""
    name = file_name(code, "pdf")
    return Response(pdf, headers={"Content-Disposition": f'inline; filename="{name}"'})
