"""Stock counts and the plan of them over HTTP."""

from collections.abc import Callable
from typing import Any

from django.db.models import Count, Q
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import body_with_synonyms, checked_body
from common.api.documents import FileAnswersMixin, PdfRenderer, file_answer, pdf_answer
from common.api.exports import CsvRenderer, ExportRenderer, XlsxRenderer
from common.api.filters import FromDay, ReferenceFilter, ToDay
from common.api.viewsets import ApiViewSet, ListRetrieveViewSet, ListViewSet
from common.permissions import Can
from inventory.abc_classes import due_to_count
from inventory.api.count_serializers import (
    ChangedCountSerializer,
    CountDecisionInput,
    CountEntriesInput,
    CounterInput,
    CountNoteInput,
    CountPlan,
    CountPlanInput,
    CountPlanParameters,
    EnteredLines,
    NamedCountDecisionInput,
    SheetParameters,
    StockCountInput,
    StockCountLineSerializer,
    StockCountSerializer,
    SubmitInput,
)
from inventory.api.decisions import known_statuses, named_row
from inventory.count_lookup import counter_named, entries_of
from inventory.lookup import find_variations
from inventory.models import AbcClass, StockCount, StockCountLine
from inventory.services.counts.closing import (
    approve_count,
    cancel_count,
    order_recount,
    reject_count,
    submit_count,
)
from inventory.services.counts.counters import assign_count
from inventory.services.counts.entering import enter_counted
from inventory.services.counts.opening import Scope, open_count, open_due_count
from users.models import User
from warehouses.models import Warehouse
from warehouses.queries import member_warehouse

PEOPLE = ("created_by", "assigned_to", "submitted_by", "decided_by")


class StockCountFilterSet(filters.FilterSet):
    status = filters.CharFilter(
        method="filter_status", help_text="One or several, parted by commas."
    )
    warehouse = ReferenceFilter(field_name="warehouse", queryset=lambda: Warehouse.objects.all())
    abc_class = filters.ChoiceFilter(choices=AbcClass.choices)
    assigned_to = ReferenceFilter(field_name="assigned_to", queryset=lambda: User.objects.all())
    start_date = FromDay(field_name="created_at", help_text="Opened on or after it.")
    end_date = ToDay(field_name="created_at", help_text="Opened on or before it.")

    class Meta:
        model = StockCount
        fields: list[str] = []

    def filter_status(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(status__in=known_statuses(StockCount, name, value))


class StockCountViewSet(FileAnswersMixin, ListRetrieveViewSet):
    """Counts of a warehouse or of some of its goods, while trading goes on."""

    queryset = StockCount.objects.select_related("warehouse", "category", *PEOPLE).order_by("-pk")
    serializer_class = StockCountSerializer
    filterset_class = StockCountFilterSet
    search_fields = ["code", "notes"]
    ordering_fields = ["id", "created_at", "submitted_at", "status"]
    keyset_fields = ["id"]
    resource_name = "stock_counts"
    file_renderers = {"sheet": [PdfRenderer]}
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "sheet": Can.VIEW_STOCK,
        "create": Can.POST_STOCK,
        "submit": Can.POST_STOCK,
        "assign": Can.POST_STOCK,
        "cancel": Can.POST_STOCK,
        "approve": Can.DECIDE_STOCK_CORRECTIONS,
        "decide": Can.DECIDE_STOCK_CORRECTIONS,
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return with_progress(rows) if self.action in ("list", "retrieve") else rows

    def detail_rows(self) -> Any:
        return with_progress(self.get_queryset())

    @extend_schema(request=StockCountInput, responses={201: ChangedCountSerializer})
    def create(self, request: Request) -> Response:
        """Open a count: of all in stock, a category, an ABC class, bins, or chosen items."""
        body = body_with_synonyms(StockCountInput, request)
        items = body.get("items") or []
        warehouse = member_warehouse(body.get("warehouse"), request.user)
        count = open_count(
            warehouse=warehouse,
            scope=Scope(
                category=body.get("category"),
                abc_class=body.get("abc_class") or "",
                bins=(body.get("bins") or "").strip(),
                variations=find_variations(items) if items else (),
            ),
            is_blind=body.get("is_blind", False),
            recount_tolerance_percent=body.get("recount_tolerance_percent"),
            notes=body.get("notes") or "",
            assigned_to=counter_named(body.get("assigned_to"), warehouse),
            acting_user=request.user,
        )
        return self.answer(count, "Stock count opened successfully", 201)

    @extend_schema(request=CounterInput, responses=ChangedCountSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give an open count to somebody who counts there; they are told."""
        count = self.get_object()
        body = checked_body(CounterInput, request)
        person = counter_named(body["assigned_to"], count.warehouse)
        assign_count(count=count, assigned_to=person, acting_user=request.user)
        return self.answer(count, "Stock count assigned successfully")

    @extend_schema(parameters=[SheetParameters], responses=file_answer(PdfRenderer))
    @action(detail=True, methods=["get"])
    def sheet(self, request: Request, pk: str) -> Response:
        """Get a sheet to count on as PDF, or that of some bins; afterwards, what was counted."""
        from inventory.documents.count_sheet import (  # noqa: PLC0415 - loads the layout engine
            count_sheet_pdf,
        )

        asked = SheetParameters(data=request.query_params)
        asked.is_valid(raise_exception=True)
        count = self.get_object()
        pdf = count_sheet_pdf(count.pk, asked.validated_data["bins"].strip())
        return pdf_answer(pdf, f"count-sheet-{count.code}")

    @extend_schema(request=SubmitInput, responses=ChangedCountSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Submit what was counted; say what of lines that nobody counted."""
        count = self.get_object()
        body = checked_body(SubmitInput, request)
        submit_count(count=count, uncounted=body.get("uncounted") or "", acting_user=request.user)
        return self.answer(count, "Stock count submitted successfully")

    @extend_schema(
        operation_id="stock_counts_decide",
        request=NamedCountDecisionInput,
        responses=ChangedCountSerializer,
    )
    @action(detail=False, methods=["post"], url_path="approve", url_name="decide")
    def decide(self, request: Request) -> Response:
        """Decide the count that the body names."""
        body = body_with_synonyms(NamedCountDecisionInput, request)
        return self.take_decision(named_row(self.get_queryset(), body), body)

    @extend_schema(request=CountDecisionInput, responses=ChangedCountSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Approve, which posts all differences, reject, or send back to be counted again."""
        return self.take_decision(self.get_object(), checked_body(CountDecisionInput, request))

    def take_decision(self, count: StockCount, body: dict[str, Any]) -> Response:
        steps: dict[str, tuple[Callable[..., StockCount], str]] = {
            "approve": (approve_count, "Stock count approved, its differences are posted"),
            "reject": (reject_count, "Stock count rejected"),
            "recount": (order_recount, "Stock count sent back to be counted again"),
        }
        service, text = steps[body["decision"]]
        person = counter_named(body.get("assigned_to"), count.warehouse)
        given: dict[str, Any] = {"assigned_to": person} if person else {}
        service(count=count, note=body.get("note") or "", **given, acting_user=self.request.user)
        released = StockCountLine.objects.filter(count=count, released_reservations__gt=0)
        freed = dict(released.values_list("variation__sku_code", "released_reservations"))
        said: dict[str, Any] = {"released_reservations": freed} if freed else {}
        return self.answer(count, text, **said)

    @extend_schema(request=CountNoteInput, responses=ChangedCountSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Give a count up; nothing is posted."""
        count = self.get_object()
        body = checked_body(CountNoteInput, request)
        cancel_count(count=count, note=body.get("note") or "", acting_user=request.user)
        return self.answer(count, "Stock count cancelled")


def with_progress(counts: Any) -> Any:
    """Say of each count how many lines it has, are entered, and are to be counted again."""
    return counts.annotate(
        lines_in_all=Count("lines"),
        lines_entered=Count("lines", filter=Q(lines__counted_quantity__isnull=False)),
        lines_to_recount=Count("lines", filter=Q(lines__needs_recount=True)),
    )


class StockCountLineFilterSet(filters.FilterSet):
    state = filters.ChoiceFilter(
        method="filter_state",
        choices=[(one, one) for one in ("uncounted", "counted", "recount", "differing")],
    )

    class Meta:
        model = StockCountLine
        fields: list[str] = []

    def filter_state(self, queryset: Any, name: str, value: str) -> Any:
        if value == "counted":
            return queryset.filter(counted_quantity__isnull=False)
        if value == "recount":
            return queryset.to_recount()
        if value == "uncounted":
            return queryset.uncounted()
        if queryset.filter(count__is_blind=True, count__status="counting").exists():
            raise ValidationError({name: ["Hidden until the blind count is submitted."]})
        return queryset.differing()


class StockCountLineViewSet(ListViewSet):
    """The lines of one count, in the order of their bins; what was counted is posted here."""

    queryset = StockCountLine.objects.select_related(
        "count", "variation__product", "counted_by"
    ).order_by("bin_location", "pk")
    serializer_class = StockCountLineSerializer
    filterset_class = StockCountLineFilterSet
    search_fields = ["variation__sku_code", "variation__barcode", "variation__product__name"]
    resource_name = "lines"
    permissions = {"list": Can.VIEW_STOCK, "create": Can.POST_STOCK}

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return self.queryset.filter(count=self.get_count())

    def get_count(self) -> StockCount:
        reference = self.kwargs["count_reference"]
        count: StockCount | None = (
            StockCount.objects.visible_to(self.request.user).by_reference(reference).first()
        )
        if count is None:
            text = f"There is no stock count {reference[:50]!r} among those you may see."
            raise Http404(text)
        return count

    @extend_schema(request=CountEntriesInput, responses={201: EnteredLines})
    def create(self, request: Request, count_reference: str) -> Response:
        """Enter counted quantities, all or none, each compared with the ledger at this moment."""
        count = self.get_count()
        body = checked_body(CountEntriesInput, request)
        lines = enter_counted(
            count=count, entries=entries_of(count, body["lines"]), acting_user=request.user
        )
        for line in lines:
            line.count = count
        rows = self.get_serializer(lines, many=True).data
        entered = "1 line" if len(lines) == 1 else f"{len(lines)} lines"
        return Response({"message": f"{entered} entered", "lines": rows}, status=201)


@extend_schema(tags=["count plan"])
class CountPlanViewSet(ApiViewSet):
    """What to count today: A items monthly, B quarterly, C yearly, the least recent first."""

    queryset = StockCount.objects.all()
    serializer_class = CountPlan
    resource_name = "count_plan"
    pagination_class = None
    permissions = {"list": Can.POST_STOCK, "create": Can.POST_STOCK}

    def get_renderers(self) -> list[Any]:
        files = [CsvRenderer(), XlsxRenderer()] if self.action == "list" else []
        return [*super().get_renderers(), *files]

    @extend_schema(parameters=[CountPlanParameters], responses=CountPlan)
    def list(self, request: Request) -> Any:
        """What is due in a warehouse, at most `limit` (20) items; `?format=csv` or `xlsx` too."""
        asked = CountPlanParameters(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        warehouse = member_warehouse(wanted.get("warehouse"), request.user)
        items = due_to_count(warehouse, wanted["limit"])
        rows = [{name: getattr(item, name) for name in DUE_FIELDS} for item in items]
        renderer = request.accepted_renderer
        if isinstance(renderer, ExportRenderer):
            return renderer.answer(
                f"count_plan-{warehouse.code}",
                [(name,) for name in DUE_FIELDS],
                (part for part in [rows]),
            )
        return Response(
            {"warehouse": warehouse.code, "due": items[0].number if items else 0, "items": rows}
        )

    @extend_schema(request=CountPlanInput, responses={201: ChangedCountSerializer})
    def create(self, request: Request) -> Response:
        """Open a count of what is due."""
        body = checked_body(CountPlanInput, request)
        warehouse = member_warehouse(body.get("warehouse"), request.user)
        count = open_due_count(
            warehouse=warehouse,
            limit=body["limit"],
            is_blind=body["is_blind"],
            acting_user=request.user,
        )
        return self.answer(count, "Stock count opened successfully", 201)

    def detail_rows(self) -> Any:
        return with_progress(self.get_queryset().select_related("warehouse", "category", *PEOPLE))

    def detail_serializer(self, row: StockCount) -> StockCountSerializer:
        return StockCountSerializer(row, context=self.get_serializer_context())


DUE_FIELDS = (
    "product_id", "product_name", "sku", "abc_class", "issued_value", "last_counted_at",
)  # fmt: skip
