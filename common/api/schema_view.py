"""The OpenAPI document as everybody may read it."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from common.api.openapi import openapi_document


class SchemaView(SpectacularAPIView):
    """Gives out the document, written once in each process: it takes a second, and anybody asks."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        media_type, ending = request.accepted_renderer.media_type, request.accepted_renderer.format
        answer = HttpResponse(written(media_type), content_type=f"{media_type}; charset=utf-8")
        answer["Content-Disposition"] = f'inline; filename="InventoryPulse.{ending}"'
        answer["Cache-Control"] = "no-cache"
        return answer


@cache
def written(media_type: str) -> Any:
    """Return the document in one form; it says the same to everybody."""
    renderers = {one.media_type: one for one in SpectacularAPIView.renderer_classes}
    return renderers[media_type]().render(openapi_document(), renderer_context={})
