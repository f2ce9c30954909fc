"""Barcodes and QR codes of variations as pictures."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.documents import FileAnswersMixin, PngRenderer, SvgRenderer, file_answer
from inventory.barcodes import AUTO, SYMBOLOGIES, code_of, symbol_of
from inventory.labels.content import qr_payload
from inventory.symbol_images import ERROR_LEVELS, Size, barcode_png, barcode_svg, qr_image

PICTURES = [SvgRenderer, PngRenderer]


class StrictParameters(serializers.Serializer[Any]):
    """The query of a picture; what it does not know is refused by name."""

    def to_internal_value(self, data: Any) -> Any:
        known = {*self.fields, "format"}
        unknown = {
            name: [f"Unknown parameter. Known: {', '.join(sorted(known))}."]
            for name in data
            if name not in known
        }
        if unknown:
            raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class BarcodeParameters(StrictParameters):
    symbology = serializers.ChoiceField(
        [AUTO, *SYMBOLOGIES], default=AUTO, help_text="auto: by what the code is."
    )
    module_width = serializers.FloatField(
        min_value=0.1, max_value=2, default=0.33, help_text="Of the narrowest bar, in mm."
    )
    height = serializers.FloatField(min_value=4, max_value=100, default=15, help_text="In mm.")
    dpi = serializers.IntegerField(min_value=72, max_value=600, default=300, help_text="Of PNG.")
    text = serializers.BooleanField(default=True, help_text="The code below the bars.")


class QrParameters(StrictParameters):
    scale = serializers.IntegerField(
        min_value=1, max_value=40, default=8, help_text="Dots of a module."
    )
    error = serializers.ChoiceField(
        ERROR_LEVELS, default="m", help_text="How much may be dirty: 7, 15, 25 or 30 percent."
    )


class SymbolActions(FileAnswersMixin):
    """The pictures of a variation."""

    file_renderers = {"barcode": PICTURES, "qrcode": PICTURES}

    @extend_schema(parameters=[BarcodeParameters], responses=file_answer(*PICTURES))
    @action(detail=True)
    def barcode(self, request: Request, pk: str) -> Response:
        """The barcode, or without one the SKU, as a symbol: EAN, UPC-A or Code 128."""
        wanted = asked(BarcodeParameters, request)
        symbol = symbol_of(code_of(self.get_object()), wanted["symbology"])  # type: ignore[attr-defined]
        size = Size(wanted["module_width"], wanted["height"], wanted["dpi"], wanted["text"])
        is_png = isinstance(request.accepted_renderer, PngRenderer)
        return Response((barcode_png if is_png else barcode_svg)(symbol, size))

    @extend_schema(parameters=[QrParameters], responses=file_answer(*PICTURES))
    @action(detail=True)
    def qrcode(self, request: Request, pk: str) -> Response:
        """A QR code with the variation's address in the back office, which /api/scan/ knows too."""
        wanted = asked(QrParameters, request)
        payload = qr_payload(self.get_object())  # type: ignore[attr-defined]
        kind = request.accepted_renderer.format
        return Response(qr_image(payload, kind=kind, scale=wanted["scale"], error=wanted["error"]))


def asked(serializer_class: Any, request: Request) -> dict[str, Any]:
    serializer = serializer_class(data=request.query_params)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
