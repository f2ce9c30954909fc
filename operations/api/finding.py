"""Scanning and searching over HTTP."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.fields import PlainDecimalField, QuantityField
from common.api.views import ApiView
from common.permissions import Can
from operations.finding import scan, search_everywhere


class Gs1ElementSerializer(serializers.Serializer[Any]):
    ai = serializers.CharField(help_text="The application identifier.")
    title = serializers.CharField()
    value = serializers.CharField()


class Gs1Serializer(serializers.Serializer[Any]):
    """What the element strings of a GS1 symbol, or a GS1 Digital Link, say."""

    gtin = serializers.CharField(allow_null=True)
    lot_number = serializers.CharField(allow_null=True)
    expiration_date = serializers.DateField(allow_null=True)
    best_before_date = serializers.DateField(allow_null=True)
    production_date = serializers.DateField(allow_null=True)
    count = QuantityField(allow_null=True)
    net_weight = PlainDecimalField(decimal_places=5, allow_null=True, help_text="In kilograms.")
    serial_number = serializers.CharField(allow_null=True)
    order_number = serializers.CharField(allow_null=True)
    sscc = serializers.CharField(allow_null=True)
    elements = Gs1ElementSerializer(many=True)


class HitSerializer(serializers.Serializer[Any]):
    """Something that was found."""

    type = serializers.CharField()
    id = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField(help_text="Its address in the API.")


class ScanStockSerializer(serializers.Serializer[Any]):
    warehouse = serializers.CharField()
    on_hand = QuantityField()
    available = QuantityField()
    bin_location = serializers.CharField()


class ScanMatchSerializer(HitSerializer):
    """What the code is; fields beyond `matched_by` stand where they apply."""

    matched_by = serializers.CharField(
        help_text="sku, barcode, contained_item (of the case that was scanned), product_id,"
        " lot_number, bin_location or number (of a document)."
    )
    product_id = serializers.CharField(required=False)
    sku = serializers.CharField(required=False)
    expiration_date = serializers.DateField(required=False)
    on_hand = QuantityField(required=False)
    stock = ScanStockSerializer(many=True, required=False)


class ScanAnswer(serializers.Serializer[Any]):
    """All that a scanned code may mean to the caller; no match is an answer too."""

    code = serializers.CharField(help_text="What was looked for.")
    looks_like = serializers.CharField(
        help_text="The form of the code, known or not: ean8, ean13, upca, upce, gtin14, sscc, gs1,"
        " gs1_digital_link, address, a kind of document such as purchase_order, or text."
    )
    symbology = serializers.CharField(
        allow_null=True, help_text="By the scanner's symbology identifier, such as ]C1."
    )
    gs1 = Gs1Serializer(allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField())
    matches = ScanMatchSerializer(many=True)


class SearchAnswer(serializers.Serializer[Any]):
    """The first hits of each kind that the caller may see."""

    q = serializers.CharField()
    results = serializers.DictField(child=HitSerializer(many=True))


def only_parameter(request: Request, name: str) -> str:
    """Return the one parameter that a path knows, or refuse by name."""
    unknown = {
        one: [f"Unknown parameter. Known: {name}."]
        for one in request.query_params
        if one not in (name, "format")
    }
    if unknown:
        raise ValidationError(unknown)
    return str(request.query_params.get(name, ""))


class ScanView(ApiView):
    resource_name = "scan"
    permissions = {"get": Can.VIEW_STOCK}

    @extend_schema(
        operation_id="scan",
        parameters=[
            OpenApiParameter(
                "code",
                str,
                required=True,
                description="As the scanner sent it, with or without its symbology identifier.",
                examples=[
                    OpenApiExample("EAN-13", "4006381333931"),
                    OpenApiExample(
                        "GS1-128 with expiry and lot", "(01)04006381333931(17)261231(10)L26-11"
                    ),
                    OpenApiExample(
                        "GS1 Digital Link", "https://id.gs1.org/01/04006381333931/10/L26-11"
                    ),
                    OpenApiExample("A document", "PO-2026-001"),
                ],
            )
        ],
        responses=ScanAnswer,
    )
    def get(self, request: Request) -> Response:
        """Tell what a scanned code is: goods with their stock, a lot, a bin, a document."""
        found = scan(scanned=only_parameter(request, "code"), acting_user=request.user)
        return Response(ScanAnswer(found).data)


class SearchView(ApiView):
    resource_name = "search"
    permissions = {"get": Can.VIEW_STOCK}

    @extend_schema(
        operation_id="search",
        parameters=[OpenApiParameter("q", str, required=True, description="Words or a code.")],
        responses=SearchAnswer,
    )
    def get(self, request: Request) -> Response:
        """Search everything that the caller may see, the first hits of each kind."""
        text = only_parameter(request, "q")
        return Response(
            {"q": text, "results": search_everywhere(text=text, acting_user=request.user)}
        )
