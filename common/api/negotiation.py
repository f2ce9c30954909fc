"""Which format an answer has."""

from typing import Any

from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation


class StrictNegotiation(DefaultContentNegotiation):
    """By `?format=` or the Accept header; a format that is not to be had is named."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        try:
            return super().filter_renderers(renderers, format)
        except Http404:
            known = ", ".join(renderer.format for renderer in renderers)
            text = f"Unknown format {format[:50]!r}: use {known}."
            raise ValidationError({"format": [text]}) from None
