"""The OpenAPI document as everybody may read it."""

from functools import cache
from threading import Lock
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

ONE_AT_A_TIME = Lock()


class SchemaView(SpectacularAPIView):
    """Gives out the document, written once in each process: it takes a second, and anybody asks."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        media_type, ending = request.accepted_renderer.media_type, request.accepted_renderer.format
        with ONE_AT_A_TIME:
            content = written(media_type)
        answer = HttpResponse(content, content_type=f"{media_type}; charset=utf-8")
        answer["Content-Disposition"] = f'inline; filename="InventoryPulse.{ending}"'
        answer["Cache-Control"] = "no-cache"
        return answer


@cache
def written(media_type: str) -> Any:
    """Return the document in one form; it says the same to everybody."""
    renderers = {one.media_type: one for one in SpectacularAPIView.renderer_classes}
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    document = generator.get_schema(request=None, public=True)
    return renderers[media_type]().render(document, renderer_context={})
