"""How the OpenAPI schema describes what all endpoints share."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Send the same key again to get the same answer without a second effect.",
)


class EnvelopeAutoSchema(AutoSchema):
    """Tag by resource, and add the Idempotency-Key header to every POST."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "resource_name", None) or super().get_tags()[0]]

    def get_override_parameters(self) -> list[Any]:
        own = super().get_override_parameters()
        return [*own, IDEMPOTENCY_KEY] if self.method == "POST" else own
