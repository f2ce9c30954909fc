"""Balances and movements over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import checked_body
from common.api.callers import require_caller
from common.api.exports import Columns, CsvRenderer, ExportRenderer, XlsxRenderer
from common.api.filters import StrictFilterBackend, StrictOrderingFilter
from common.api.viewsets import ListRetrieveViewSet
from common.exceptions import InvalidInput
from common.permissions import Can
from inventory.api.as_of import (
    StockAsOfSerializer,
    ValuationParameters,
    ValuationSerializer,
    day_asked_for,
    valuation_rows,
)
from inventory.api.catalogue_filters import StockSearch
from inventory.api.movement_rows import (
    COLUMNS,
    CSV_COLUMNS,
    movement_rows,
    newest_movements,
    posted_row,
)
from inventory.api.stock_filters import StockFilterSet, StockMovementFilterSet
from inventory.api.stock_serializers import (
    STOCK_CSV_COLUMNS,
    AssignInput,
    BinInput,
    MovedLotSerializer,
    MovementAnswer,
    MovementInput,
    PutAwayAnswer,
    PutAwayInput,
    ReversalInput,
    StockMovementSerializer,
    StockSerializer,
)
from inventory.as_of import stock_as_of, valuation
from inventory.lookup import find_variations
from inventory.models import ProductVariation, Stock, StockMovement
from inventory.models.lot import stock_day
from inventory.models.stock import movement_code
from inventory.queries import warehouses_counted
from inventory.services.bins import place_in_bins
from inventory.services.movements import record_movement
from inventory.services.reversals import reverse_movement
from inventory.services.stock_change import PostedChange
from warehouses.models import Warehouse
from warehouses.queries import member_warehouse

AS_OF = OpenApiParameter("as_of", date, description="A past day, counted in UTC.")
WAREHOUSE = OpenApiParameter("warehouse", str, description="Without it, all of the caller's.")


class StockViewSet(ListRetrieveViewSet):
    """Balances by variation and warehouse."""

    queryset = Stock.objects.select_related("variation__product", "warehouse").order_by("pk")
    serializer_class = StockSerializer
    filterset_class = StockFilterSet
    filter_backends = [StrictFilterBackend, StockSearch, StrictOrderingFilter]
    ordering_fields = ["id", "on_hand", "reserved", "incoming"]
    keyset_fields = ["id", "on_hand", "reserved", "incoming"]
    resource_name = "stocks"
    csv_columns = STOCK_CSV_COLUMNS
    extra_parameters = ("as_of",)
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "valuation": Can.VIEW_STOCK,
        "assign": Can.POST_STOCK,
        "update": Can.POST_STOCK,
        "partial_update": Can.POST_STOCK,
        "put_away": Can.POST_STOCK,
    }

    def get_renderers(self) -> list[Any]:
        files = [CsvRenderer(), XlsxRenderer()] if self.action == "valuation" else []
        return [*super().get_renderers(), *files]

    def get_serializer_class(self) -> Any:
        then = self.action == "list" and day_asked_for(self.request)
        return StockAsOfSerializer if then else StockSerializer

    def copied_columns(self) -> dict[str, Any]:
        return {} if day_asked_for(self.request) else self.csv_columns

    def list_rows(self, rows: Any) -> Any:
        day = day_asked_for(self.request)
        if day is None:
            return rows
        if "low_stock" in self.request.query_params:
            text = "Is known of the present alone. Leave it out, or as_of."
            raise InvalidInput(text, {"low_stock": [text]})
        return stock_as_of(rows, day)

    @extend_schema(parameters=[AS_OF])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """List balances as they are, or with `as_of` as they were at the end of that day."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[AS_OF, WAREHOUSE], responses=ValuationSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def valuation(self, request: Request) -> Any:
        """Tell what stock was worth at the end of a day (today without `as_of`), by warehouse.

        As CSV or XLSX with `format`.
        """
        ValuationParameters(data=request.query_params).is_valid(raise_exception=True)
        day = day_asked_for(request) or stock_day()
        counted = warehouses_counted(request.user, request.query_params.get("warehouse"))
        told = valuation(day, counted, request.user)
        renderer = request.accepted_renderer
        if isinstance(renderer, ExportRenderer):
            columns: Columns = [("as_of",), ("warehouse",), ("value",)]
            return renderer.answer(
                f"valuation-{day}", columns, (part for part in [valuation_rows(told)])
            )
        return Response(ValuationSerializer(told).data)

    @extend_schema(request=BinInput, responses=StockSerializer)
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say in which bin a balance lies; quantities change by movements alone."""
        stock = self.get_object()
        body = checked_body(BinInput, request)
        place_in_bins(bins={stock.pk: body["bin_location"]}, acting_user=request.user)
        return self.answer(stock, "Stock updated successfully", updated_fields=[*body])

    @extend_schema(request=BinInput, responses=StockSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say in which bin a balance lies, as PUT does."""
        return self.update(request, *args, **kwargs)

    @extend_schema(request=PutAwayInput, responses=PutAwayAnswer)
    @action(detail=False, methods=["post"], url_path="put-away", pagination_class=None)
    def put_away(self, request: Request) -> Response:
        """Say in which bins goods of a warehouse lie, all or none."""
        body = checked_body(PutAwayInput, request)
        warehouse = member_warehouse(body.get("warehouse"), request.user)
        stocks = balances_of(body["items"], warehouse)
        bins = {
            stock.pk: item["bin_location"]
            for stock, item in zip(stocks, body["items"], strict=True)
        }
        place_in_bins(bins=bins, acting_user=request.user)
        rows = self.get_queryset().filter(pk__in=bins)
        shown = self.get_serializer(rows, many=True).data
        return Response({"message": f"{len(bins)} balances put away", "stocks": shown})

    @extend_schema(request=AssignInput, responses={201: MovementAnswer})
    @action(detail=False, methods=["post"])
    def assign(self, request: Request) -> Response:
        """Put the first stock of a variation into a warehouse, as an inbound movement."""
        body = checked_body(AssignInput, request)
        variation, warehouse = place(body, request)
        posted = record_movement(
            variation=variation,
            warehouse=warehouse,
            movement_type="inbound",
            quantity=body["quantity"],
            unit_cost=body.get("unit_cost"),
            texts={"reason_code": "initial_stock", **movement_texts(body)},
            acting_user=request.user,
        )
        row = posted_row(posted, variation, warehouse, request.user)
        return movement_answer(posted, row, "Stock assigned successfully")


class StockMovementViewSet(ListRetrieveViewSet):
    """The ledger: movements are recorded, never changed."""

    queryset = StockMovement.objects.select_related("variation__product", "warehouse").order_by(
        "-pk"
    )
    serializer_class = StockMovementSerializer
    filterset_class = StockMovementFilterSet
    search_fields = ["variation__product__name", "variation__sku_code", "reference_code", "notes"]
    # By nothing else: the ledger has no other index to read millions of rows in an order.
    ordering_fields = ["id", "occurred_at"]
    keyset_fields = ["id", "occurred_at"]
    resource_name = "stock_movements"
    csv_columns = CSV_COLUMNS
    versionless_answers = ("create", "reverse")
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "create": Can.POST_STOCK,
        "reverse": Can.POST_STOCK,
    }

    def newest_rows(self, limit: int, key: int | None) -> list[dict[str, Any]]:
        """Return the newest rows that the caller may see, after a key if there is one."""
        user: Any = self.request.user
        newest = newest_movements(user.can(Can.SEE_ALL_WAREHOUSES), limit, key is not None)
        return newest.all(user_id=user.pk, key=key)

    def list_rows(self, rows: Any) -> Any:
        return rows.select_related(None).values(*COLUMNS)

    def list_data(self, rows: Any) -> list[Any]:
        return list(movement_rows(rows))

    @extend_schema(request=MovementInput, responses={201: MovementAnswer})
    def create(self, request: Request) -> Response:
        """Record a receipt, an issue or a correction."""
        body = checked_body(MovementInput, request)
        require_caller(request, body, "processed_by")
        variation, warehouse = place(body, request)
        posted = record_movement(
            variation=variation,
            warehouse=warehouse,
            movement_type=body["movement_type"],
            quantity=body["quantity"],
            unit_cost=body.get("unit_cost"),
            occurred_at=body.get("timestamp"),
            texts=movement_texts(body),
            acting_user=request.user,
        )
        row = posted_row(posted, variation, warehouse, request.user)
        return movement_answer(posted, row, "Stock movement recorded successfully")

    @extend_schema(request=ReversalInput, responses={201: MovementAnswer})
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: str) -> Response:
        """Undo a movement that was a mistake, by its opposite; `reference_id` names it."""
        movement = self.get_object()
        body = checked_body(ReversalInput, request)
        posted = reverse_movement(
            movement=movement, reason=body["reason"], acting_user=request.user
        )
        row = posted_row(posted, movement.variation, movement.warehouse, request.user)
        return movement_answer(posted, row, "Stock movement reversed successfully")


def place(body: dict[str, Any], request: Request) -> tuple[ProductVariation, Warehouse]:
    """Return the variation and the warehouse that a body names."""
    variation = find_variations([body], path="")[0]
    return variation, member_warehouse(body.get("warehouse"), request.user)


def balances_of(items: Sequence[Mapping[str, Any]], warehouse: Warehouse) -> list[Stock]:
    """Return the balance of each item; raises InvalidInput naming those without, or named twice."""
    variations = find_variations(items)
    known = {
        stock.variation_id: stock
        for stock in Stock.objects.filter(warehouse=warehouse, variation__in=variations)
    }
    errors: dict[str, list[Any]] = {}
    seen: set[int] = set()
    for index, variation in enumerate(variations):
        if variation.pk not in known:
            text = f"{variation.sku_code} was never in stock in {warehouse.code}. Receive it first."
            errors[f"items.{index}.sku"] = [text]
        elif variation.pk in seen:
            errors[f"items.{index}.sku"] = [f"{variation.sku_code} is named twice."]
        seen.add(variation.pk)
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return [known[variation.pk] for variation in variations]


def movement_texts(body: dict[str, Any]) -> dict[str, Any]:
    """Return the words of a movement under the ledger's names."""
    names = {
        "reason_code": "reason_code",
        "reason_description": "reason_description",
        "reference_type": "reference_type",
        "reference_id": "reference_code",
        "warehouse_location": "bin_location",
        "lot_number": "lot_number",
        "expiration_date": "expiration_date",
        "notes": "notes",
    }
    return {ours: body[theirs] for theirs, ours in names.items() if body.get(theirs) is not None}


def movement_answer(posted: PostedChange, row: dict[str, Any], message: str) -> Response:
    body = {
        "message": message,
        **next(movement_rows([row])),
        "new_stock_level": posted.stock_after,
    }
    if posted.lots:
        body["lots"] = moved_lots(posted)
    if posted.released_from_others:
        body["released_reservations"] = posted.released_from_others
    return Response(body, status=201)


def moved_lots(posted: PostedChange) -> Any:
    """Return what a change moved of which lot, with the code of each movement."""
    assert posted.recorded_at is not None
    rows = [
        {
            "lot_number": part.lot_number,
            "expiration_date": part.expiration_date,
            "quantity": part.quantity,
            "movement_id": movement_code(part.movement_id or 0, posted.recorded_at),
        }
        for part in posted.lots
    ]
    return MovedLotSerializer(rows, many=True).data
