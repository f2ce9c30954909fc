"""Price lists of suppliers over HTTP."""

import json
from collections.abc import Generator, Iterable
from typing import Any

from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.exports import CsvRenderer
from common.api.fields import PlainDecimalField
from common.api.filters import FromDay, ReferenceFilter, StrictBooleanFilter, ToDay
from common.api.viewsets import ApiViewSet, ListRetrieveViewSet, field_paths
from common.permissions import Can
from operations.api.exchange import DELIMITERS, FORM_ROOM
from operations.exchange.exceptions import FileTooLarge, RowsRefused
from operations.models import PriceListRun, SupplierPriceFeed
from operations.price_lists.feeds import (
    ask_for_feed,
    delete_feed,
    reading_of,
    require_names,
    save_feed,
)
from operations.price_lists.judging import LINE
from operations.price_lists.reading import MOST_BYTES, Reading
from operations.price_lists.runs import take_price_list
from operations.price_lists.sources import uploaded
from suppliers.models import Supplier

OPTIONAL: dict[str, Any] = {"required": False, "allow_blank": True}
NAMES = {text: name for name, text in DELIMITERS.items()}


class DelimiterField(serializers.ChoiceField):
    """A delimiter by its name; empty: found out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=list(DELIMITERS), **{**OPTIONAL, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        return DELIMITERS.get(str(super().to_internal_value(data)), "")

    def to_representation(self, value: Any) -> str:
        return NAMES.get(value, "")


class ReadingSerializer(serializers.Serializer[Any]):
    """How a list is read; whatever is empty is found out."""

    columns = serializers.JSONField(
        required=False,
        help_text='What the list calls our fields: {"cost_per_unit": "Netto", …}. An object.',
    )
    encoding = serializers.CharField(max_length=30, **OPTIONAL)
    delimiter = DelimiterField()
    decimal = serializers.ChoiceField(choices=[".", ","], **OPTIONAL)
    jump_percent = PlainDecimalField(
        max_digits=6, min_value=0, max_value=1000, required=False,
        help_text="Changes of this many percent or more raise an alert.",
    )  # fmt: skip

    def validate_columns(self, columns: Any) -> Any:
        require_names(columns)
        return columns


class PriceListRequest(ReadingSerializer):
    """A list, and how to read it where the supplier's feed does not say."""

    file = serializers.FileField(allow_empty_file=True, max_length=255)
    dry_run = serializers.BooleanField(
        required=False, default=True, help_text="false: put its terms in force."
    )

    def reading(self, supplier: Supplier) -> Reading:
        """Return what the request says, else the feed, else nothing."""
        feed = SupplierPriceFeed.objects.filter(supplier=supplier).first()
        known = reading_of(feed) if feed else Reading()
        said = {
            name: self.validated_data[name]
            for name in ("columns", "encoding", "delimiter", "decimal", "jump_percent")
            if self.validated_data.get(name) not in (None, "")
        }
        return Reading(**{**{name: getattr(known, name) for name in Reading.__slots__}, **said})


class PriceListRunRowSerializer(serializers.ModelSerializer[PriceListRun]):
    """A price list in the list of runs."""

    supplier_id = serializers.CharField(source="supplier.code")
    created_by = serializers.CharField(source="created_by.code", default=None, allow_null=True)
    by_feed = serializers.BooleanField(help_text="Taken from the feed rather than uploaded.")

    class Meta:
        model = PriceListRun
        fields = [
            "id", "supplier_id", "file_name", "sha256", "size", "dry_run", "state", "rows",
            "changed", "unchanged", "unknown", "refused", "jumps", "message", "by_feed",
            "created_by", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class PriceLineSerializer(serializers.Serializer[Any]):
    """A line of a list that is not as the terms in force are; the header is line 1."""

    line = serializers.IntegerField()
    supplier_product_code = serializers.CharField(allow_null=True)
    sku = serializers.CharField(allow_null=True)
    product_id = serializers.CharField(allow_null=True)
    fate = serializers.ChoiceField(choices=["changed", "unknown", "refused"])
    is_jump = serializers.BooleanField()
    cost_before = serializers.FloatField(allow_null=True)
    cost_after = serializers.FloatField(allow_null=True)
    change_percent = serializers.FloatField(allow_null=True)
    lead_time_before = serializers.IntegerField(allow_null=True)
    lead_time_after = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField(allow_null=True)


class PriceListRunSerializer(PriceListRunRowSerializer):
    """A price list and what became of its lines: refused first, then jumps, changes, unknown."""

    lines = PriceLineSerializer(many=True, help_text="The first 10,000.")

    class Meta(PriceListRunRowSerializer.Meta):
        fields = [*PriceListRunRowSerializer.Meta.fields, "lines"]
        read_only_fields = fields


class PriceListAnswer(PriceListRunSerializer):
    message = serializers.CharField(help_text="What was done.")


class PriceListFilterSet(filters.FilterSet):
    supplier_id = ReferenceFilter(field_name="supplier", queryset=Supplier.objects.all)
    state = filters.ChoiceFilter(choices=PriceListRun.State.choices)
    dry_run = StrictBooleanFilter()
    start_date = FromDay(field_name="created_at")
    end_date = ToDay(field_name="created_at")

    class Meta:
        model = PriceListRun
        fields: list[str] = []


class PriceListRunViewSet(ListRetrieveViewSet):
    """Price lists that were taken, checked, or could not be."""

    queryset = PriceListRun.objects.select_related("supplier", "created_by").order_by("-pk")
    serializer_class = PriceListRunSerializer
    filterset_class = PriceListFilterSet
    search_fields = ["file_name", "supplier__code", "supplier__company_name"]
    ordering_fields = ["id", "created_at", "changed", "jumps", "unknown"]
    keyset_fields = ["id", "created_at"]
    resource_name = "price_list_runs"
    permissions = {
        "list": Can.MANAGE_CATALOGUE,
        "retrieve": Can.MANAGE_CATALOGUE,
        "report": Can.MANAGE_CATALOGUE,
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.defer("lines") if self.action == "list" else rows

    def get_serializer_class(self) -> Any:
        return PriceListRunRowSerializer if self.action == "list" else PriceListRunSerializer

    @extend_schema(responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)})
    @action(detail=True)
    def report(self, request: Request, pk: str) -> Any:
        """What changed, as a CSV file."""
        run = self.get_object()

        def chunks() -> Generator[Iterable[Any], None, None]:
            yield run.lines

        columns: list[tuple[str, ...]] = [(name,) for name in LINE]
        return CsvRenderer().answer(f"price-list-{run.pk}", columns, chunks())


def supplier_of(view: Any) -> Supplier:
    """Return the supplier of a view's path."""
    reference = view.kwargs["supplier_reference"]
    suppliers = Supplier.objects.visible_to(view.request.user)
    supplier: Supplier | None = suppliers.by_reference(reference).first()
    if supplier is None:
        raise Http404(f"There is no supplier {reference[:50]!r} among those you may see.")
    return supplier


OF_SUPPLIER = OpenApiParameter("supplier_reference", str, OpenApiParameter.PATH)


class SupplierPriceListViewSet(PriceListRunViewSet):
    """The price lists of one supplier, and taking one by hand."""

    permissions = {"list": Can.MANAGE_CATALOGUE, "create": Can.MANAGE_CATALOGUE}

    def get_queryset(self) -> Any:
        runs = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return runs
        return runs.filter(supplier=supplier_of(self))

    @extend_schema(
        parameters=[OF_SUPPLIER], operation_id="supplier_price_lists_list", tags=["suppliers"]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """List what was taken of a supplier, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        parameters=[OF_SUPPLIER],
        operation_id="supplier_price_lists_create",
        tags=["suppliers"],
        request={"multipart/form-data": PriceListRequest},
        responses={201: PriceListAnswer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check a price list (CSV or XLSX), or with `dry_run=false` put its terms in force.

        All rows or none; goods that are not known are told and do no harm.
        """
        supplier = supplier_of(self)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES + FORM_ROOM:
            raise FileTooLarge(f"At most {MOST_BYTES // 1024 // 1024} MB. Split the list.")
        sent: Any = request.data
        fields = {name: sent[name] for name in sent} if hasattr(sent, "keys") else {}
        wanted = PriceListRequest(data={**request.query_params.dict(), **as_object(fields)})
        wanted.is_valid(raise_exception=True)
        with uploaded(wanted.validated_data["file"]) as path:
            run = take_price_list(
                supplier=supplier,
                path=path,
                file_name=wanted.validated_data["file"].name,
                reading=wanted.reading(supplier),
                dry_run=wanted.validated_data["dry_run"],
                acting_user=request.user,
            )
        return answer_of(run)


def as_object(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a form, with `columns` read as JSON where it is a text of it."""
    columns = fields.get("columns")
    if not isinstance(columns, str):
        return fields
    if not columns.strip():
        return {name: value for name, value in fields.items() if name != "columns"}
    try:
        return {**fields, "columns": json.loads(columns)}
    except ValueError:
        return {**fields, "columns": columns}


def answer_of(run: PriceListRun) -> Response:
    """Tell what became of a list; raises RowsRefused where rows kept it from being taken."""
    if run.state == PriceListRun.State.REFUSED:
        raise RowsRefused(
            f"{run.refused} of {run.rows} rows were refused, so nothing was changed. "
            "Correct them and send the list again.",
            {"rows": [line for line in run.lines if line["fate"] == "refused"]},
        )
    message = (
        "Checked: nothing was written. Send it with dry_run=false to put it in force."
        if run.dry_run
        else f"Price list taken: {run.changed} changed."
    )
    return Response({**PriceListRunSerializer(run).data, "message": message}, status=201)


class PriceFeedSerializer(ReadingSerializer):
    """Where a supplier's lists come from, and how they are read."""

    supplier_id = serializers.CharField(source="supplier.code", read_only=True)
    kind = serializers.ChoiceField(choices=SupplierPriceFeed.Kind.choices, required=False)
    folder = serializers.CharField(
        max_length=200, **OPTIONAL, help_text="Below the operator's PRICE_LIST_DIR."
    )
    url = serializers.CharField(max_length=500, **OPTIONAL, help_text="https, a public host.")
    is_active = serializers.BooleanField(required=False, help_text="Looked at every night.")
    looked_at = serializers.DateTimeField(read_only=True)
    changed_by = serializers.CharField(source="changed_by.code", read_only=True, default=None)
    updated_at = serializers.DateTimeField(read_only=True)


class PriceFeedAnswer(PriceFeedSerializer):
    message = serializers.CharField()
    updated_fields = serializers.ListField(child=serializers.CharField())


class FetchAnswer(serializers.Serializer[Any]):
    message = serializers.CharField()


class PriceFeedViewSet(ApiViewSet):
    """The feed of one supplier: a folder or an address that is looked at every night."""

    queryset = SupplierPriceFeed.objects.select_related("supplier", "changed_by")
    serializer_class = PriceFeedSerializer
    filterset_class = None
    resource_name = "price_feeds"
    permissions = {
        "retrieve": Can.MANAGE_CATALOGUE,
        "update": Can.MANAGE_CATALOGUE,
        "partial_update": Can.MANAGE_CATALOGUE,
        "destroy": Can.MANAGE_CATALOGUE,
        "fetch": Can.MANAGE_CATALOGUE,
    }

    def find_row(self) -> Any:
        feed = self.get_queryset().filter(supplier=supplier_of(self)).first()
        if feed is None:
            raise Http404("This supplier has no price feed. Send one with PUT.")
        return feed

    @extend_schema(parameters=[OF_SUPPLIER], tags=["suppliers"])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Tell where a supplier's price lists come from."""
        return Response(PriceFeedSerializer(self.find_row()).data)

    @extend_schema(
        parameters=[OF_SUPPLIER],
        tags=["suppliers"],
        request=PriceFeedSerializer(partial=True),
        responses=PriceFeedAnswer,
    )
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say where a supplier's price lists come from; what is left out stays."""
        serializer = PriceFeedSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        feed = save_feed(
            supplier=supplier_of(self),
            values=serializer.validated_data,
            acting_user=request.user,
        )
        told = {
            "message": "Price feed saved successfully",
            "updated_fields": field_paths(serializer.initial_data, serializer),
        }
        return Response({**told, **PriceFeedSerializer(feed).data})

    @extend_schema(
        parameters=[OF_SUPPLIER],
        tags=["suppliers"],
        request=PriceFeedSerializer(partial=True),
        responses=PriceFeedAnswer,
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say where a supplier's price lists come from; PUT and PATCH are the same."""
        return self.update(request, *args, **kwargs)

    @extend_schema(parameters=[OF_SUPPLIER], tags=["suppliers"])
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take no more lists from the feed; what was taken stays."""
        delete_feed(feed=self.find_row())
        return Response(status=204)

    @extend_schema(
        parameters=[OF_SUPPLIER],
        tags=["suppliers"],
        request=None,
        responses={202: FetchAnswer},
    )
    def fetch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let the worker take what is new in the feed, and try again what was refused."""
        ask_for_feed(feed=self.find_row(), acting_user=request.user)
        told = "The worker looks at the feed. What became of its lists stands in price-lists."
        return Response({"message": told}, status=202)
