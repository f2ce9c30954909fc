"""Files of forms: refused unread where they are too large; and pictures as they are given out."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import SkipField
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.renderers import NumberJSONRenderer
from common.api.views import ApiView
from common.api.viewsets import field_paths
from common.pictures import MEDIA_TYPE, PictureRules, clean_picture

FORM_OVERHEAD = 64 * 1024


def content_length(request: Request) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def is_beyond(request: Request, largest_file: int) -> bool:
    """Say whether a request cannot but hold a larger file, before a byte of it is read."""
    return content_length(request) > largest_file + FORM_OVERHEAD


def named_fields(body: serializers.BaseSerializer[Any]) -> list[str]:
    """Return the dotted paths of the fields that a JSON body or a form sets."""
    named: Any = body.initial_data
    if isinstance(named, QueryDict):
        known: Any = getattr(body, "fields", {})
        return [name for name in named if name.partition(".")[0] in known]
    return field_paths(named, body)


@extend_schema_field(OpenApiTypes.BINARY)
class PictureField(serializers.Field[Any, Any, Any, Any]):
    """A picture as a file of a form; null takes it away; its own address leaves it as it is."""

    def __init__(self, rules: PictureRules, **kwargs: Any) -> None:
        self.rules = rules
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> bytes:
        if isinstance(data, UploadedFile):
            return clean_picture(data, self.rules)
        if isinstance(data, str) and data == self.present_address():
            raise SkipField
        name = self.rules.field
        raise serializers.ValidationError(
            f"Send the picture as a file: multipart/form-data with the field {name}."
        )

    def present_address(self) -> str | None:
        """Return where the present picture is to be had."""
        raise NotImplementedError


class PictureRenderer(BaseRenderer):
    """Says that a picture is to be had; the view writes it, and errors are JSON."""

    media_type = MEDIA_TYPE
    format = "webp"
    charset = None


class PictureView(ApiView):
    """Gives out one picture."""

    renderer_classes = (PictureRenderer, NumberJSONRenderer)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response):
            request.accepted_renderer = NumberJSONRenderer()
            request.accepted_media_type = NumberJSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


def picture_response(image: bytes | memoryview, digest: str) -> HttpResponse:
    """Return a picture that a browser shows and runs nothing of."""
    response = HttpResponse(bytes(image), content_type=MEDIA_TYPE)
    response["Content-Disposition"] = f'inline; filename="{digest}.webp"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=3600"
    response["ETag"] = quote_etag(digest)
    return response
