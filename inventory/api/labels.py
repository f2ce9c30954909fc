"""Sheets of labels over HTTP."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import checked_body
from common.api.documents import FileAnswersMixin, PdfRenderer, file_answer
from common.api.fields import ReferenceInput
from common.api.viewsets import ApiViewSet
from common.permissions import Can
from inventory.labels.content import (
    DEFAULT_FIELDS,
    FIELDS,
    MOST_LABELS,
    MOST_LINES,
    BinLine,
    LabelLine,
    bin_sheet,
    label_sheet,
    with_bins,
)
from inventory.labels.formats import (
    DEFAULT_FORMAT,
    FORMATS,
    LARGEST,
    SMALLEST,
    LabelFormat,
    own_size,
)
from inventory.lookup import find_variations
from inventory.models import ProductVariation
from warehouses.queries import member_warehouse

MAYBE: dict[str, Any] = {"required": False, "allow_null": True}


class LabelLineInput(serializers.Serializer[Any]):
    """So many labels of one variation; or of a bin, where no line names any goods."""

    product_id = ReferenceInput(**MAYBE)
    sku = ReferenceInput(**MAYBE)
    product_variation = ReferenceInput(**MAYBE)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_LABELS, default=1)
    lot_number = serializers.CharField(max_length=50, allow_blank=True, default="")
    expiration_date = serializers.DateField(default=None, allow_null=True)
    bin_location = serializers.CharField(max_length=100, allow_blank=True, default="")


class LabelSizeInput(serializers.Serializer[Any]):
    """A label of its own page, in millimetres."""

    width = serializers.FloatField(min_value=SMALLEST[0], max_value=LARGEST[0])
    height = serializers.FloatField(min_value=SMALLEST[1], max_value=LARGEST[1])


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two kinds on a used sheet",
            {
                "format": "avery_l7160",
                "fields": ["name", "sku", "barcode", "price"],
                "start": 4,
                "lines": [
                    {"sku": "WIDGET-X-001", "quantity": 12},
                    {
                        "sku": "MILK-1L",
                        "quantity": 6,
                        "lot_number": "L2611",
                        "expiration_date": "2026-12-31",
                    },
                ],
            },
        ),
        OpenApiExample(
            "Bins",
            {"format": "roll_89x36", "lines": [{"bin_location": "A-03-2", "quantity": 2}]},
        ),
    ]
)
class LabelSheetInput(serializers.Serializer[Any]):
    """A sheet to print."""

    format = serializers.ChoiceField(list(FORMATS), default=DEFAULT_FORMAT)
    size = LabelSizeInput(**MAYBE, help_text="A label of this size in place of a format.")
    fields_ = serializers.ListField(child=serializers.ChoiceField(FIELDS), min_length=1)
    lines = LabelLineInput(many=True)
    start = serializers.IntegerField(
        min_value=1, default=1, help_text="The first free place of the first page."
    )
    border = serializers.BooleanField(default=False, help_text="Lines around the labels, to try.")
    warehouse = ReferenceInput(**MAYBE, help_text="Whose bins are meant; default: your own.")

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        listed = serializers.ListField(
            child=serializers.ChoiceField(FIELDS), min_length=1, max_length=len(FIELDS),
            default=list(DEFAULT_FIELDS),
        )  # fmt: skip
        fields.pop("fields_")
        return {**fields, "fields": listed}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        lines = attrs["lines"]
        if not 1 <= len(lines) <= MOST_LINES:
            raise serializers.ValidationError({"lines": [f"Send 1 to {MOST_LINES} lines."]})
        if sum(line["quantity"] for line in lines) > MOST_LABELS:
            text = f"More than {MOST_LABELS} labels. Print them in parts."
            raise serializers.ValidationError({"lines": [text]})
        if attrs["start"] > format_of(attrs).a_page:
            text = f"A page has {format_of(attrs).a_page} labels. Start at one of them."
            raise serializers.ValidationError({"start": [text]})
        return attrs


def format_of(body: dict[str, Any]) -> LabelFormat:
    size = body.get("size")
    if size:
        return own_size(size["width"], size["height"])
    return FORMATS[body["format"]]


class LabelViewSet(FileAnswersMixin, ApiViewSet):
    """Labels to print."""

    queryset = ProductVariation.objects.all()
    serializer_class = LabelSheetInput
    resource_name = "labels"
    versionless_answers = ("create",)
    file_renderers = {"create": [PdfRenderer]}
    permissions = {"create": Can.VIEW_STOCK}

    @extend_schema(request=LabelSheetInput, responses=file_answer(PdfRenderer))
    def create(self, request: Request) -> Response:
        """Make a PDF of labels, in the size and with the fields that are asked for."""
        body = checked_body(LabelSheetInput, request)
        how: dict[str, Any] = {
            "label_format": format_of(body), "fields": body["fields"], "start": body["start"],
            "border": body["border"],
        }  # fmt: skip
        if all(names_bin_alone(line) for line in body["lines"]):
            bins = [
                BinLine(bin_location=line["bin_location"], quantity=line["quantity"])
                for line in body["lines"]
            ]
            pdf = bin_sheet(bins, **how)
        else:
            pdf = label_sheet(lines_of_goods(body, request.user), **how)
        return Response(pdf, headers={"Content-Disposition": 'inline; filename="labels.pdf"'})


def names_bin_alone(line: dict[str, Any]) -> bool:
    named = any(line.get(key) for key in ("product_id", "sku", "product_variation"))
    return bool(line["bin_location"]) and not named


def lines_of_goods(body: dict[str, Any], user: Any) -> list[LabelLine]:
    """Return what the lines of a body mean, with bins where these are wanted."""
    variations = find_variations(body["lines"], "lines")
    names = ("quantity", "lot_number", "expiration_date", "bin_location")
    lines = [
        LabelLine(variation=variation, **{name: line[name] for name in names})
        for line, variation in zip(body["lines"], variations, strict=True)
    ]
    if "bin" not in body["fields"]:
        return lines
    return with_bins(lines, member_warehouse(body.get("warehouse"), user))
