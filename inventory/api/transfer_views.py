"""Transfers over HTTP."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import body_with_synonyms, checked_body
from common.api.callers import require_caller
from common.api.documents import FileAnswersMixin, PdfRenderer, file_answer, pdf_answer
from common.api.filters import FromDay, ReferenceFilter, ToDay
from common.api.viewsets import ListRetrieveViewSet
from common.exceptions import InvalidInput
from common.permissions import Can
from inventory.api.decisions import known_statuses, named_row
from inventory.api.document_lines import Entry, Errors, NamedLines, only, refuse
from inventory.api.transfer_serializers import (
    CancelInput,
    ChangedTransferSerializer,
    CloseInput,
    InTransitAnswer,
    NamedTransferDecisionInput,
    ShipInput,
    TransferDecisionInput,
    TransferInput,
    TransferReceiptInput,
    TransferSerializer,
)
from inventory.api.wanted_lines import (
    lines_of,
    wanted_lines,
)
from inventory.models import TransferRequest
from inventory.queries import in_transit_value
from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.receiving import (
    Arrival,
    cancel_transfer,
    close_transfer,
    receive_transfer,
)
from inventory.services.transfers.requests import (
    approve_transfer,
    reject_transfer,
    request_transfer,
)
from inventory.services.transfers.shipping import ship_transfer
from warehouses.models import Warehouse


class TransferFilterSet(filters.FilterSet):
    status = filters.CharFilter(
        method="filter_status", help_text="One or several, parted by commas."
    )
    from_warehouse = ReferenceFilter(
        field_name="from_warehouse", queryset=lambda: Warehouse.objects.all()
    )
    to_warehouse = ReferenceFilter(
        field_name="to_warehouse", queryset=lambda: Warehouse.objects.all()
    )
    start_date = FromDay(field_name="created_at", help_text="Asked for on or after it.")
    end_date = ToDay(field_name="created_at", help_text="Asked for on or before it.")

    class Meta:
        model = TransferRequest
        fields: list[str] = []

    def filter_status(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(status__in=known_statuses(TransferRequest, name, value))


class TransferRequestViewSet(FileAnswersMixin, ListRetrieveViewSet):
    """Transfers between warehouses, seen from either end: asked for, decided, shipped, received."""

    queryset = TransferRequest.objects.order_by("-pk")
    serializer_class = TransferSerializer
    filterset_class = TransferFilterSet
    search_fields = ["code", "notes", "lines__variation__sku_code"]
    ordering_fields = ["id", "created_at", "shipped_at", "status"]
    keyset_fields = ["id"]
    resource_name = "transfer_requests"
    file_renderers = {"note": [PdfRenderer]}
    permissions = {
        "list": Can.VIEW_STOCK,
        "note": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "in_transit": Can.VIEW_STOCK,
        "create": Can.REQUEST_TRANSFERS,
        "approve": Can.DECIDE_TRANSFERS,
        "decide": Can.DECIDE_TRANSFERS,
        "ship": Can.POST_STOCK,
        "receive": Can.POST_STOCK,
        "close": Can.DECIDE_STOCK_CORRECTIONS,
        "cancel": Can.REQUEST_TRANSFERS,
    }

    def get_queryset(self) -> Any:
        transfers = super().get_queryset()
        return transfers.with_lines() if self.action in ("list", "retrieve") else transfers

    def detail_rows(self) -> Any:
        return self.get_queryset().with_lines()

    @extend_schema(request=TransferInput, responses={201: ChangedTransferSerializer})
    def create(self, request: Request) -> Response:
        """Ask that goods go from one warehouse to another; you work in one of the two."""
        body = body_with_synonyms(TransferInput, request)
        require_caller(request, body, "requested_by")
        transfer = request_transfer(
            from_warehouse=any_warehouse(body["from_warehouse"], "from_warehouse"),
            to_warehouse=any_warehouse(body["to_warehouse"], "to_warehouse"),
            lines=wanted_lines(body["items"]),
            notes=body.get("notes") or "",
            auto_receive=body.get("auto_receive", False),
            acting_user=request.user,
        )
        return self.answer(transfer, "Transfer requested successfully", 201)

    @extend_schema(responses=file_answer(PdfRenderer))
    @action(detail=True, methods=["get"])
    def note(self, request: Request, pk: str) -> Response:
        """Get the note that goes with the goods as PDF; before they leave, what to take."""
        from inventory.documents.transfer_note import (  # noqa: PLC0415 - loads the layout engine
            transfer_note_pdf,
        )

        transfer = self.get_object()
        return pdf_answer(transfer_note_pdf(transfer.pk, request.user), f"transfer-{transfer.code}")

    @extend_schema(responses=InTransitAnswer)
    @action(detail=False, methods=["get"], url_path="in-transit", pagination_class=None)
    def in_transit(self, request: Request) -> Response:
        """What is on its way from or to your warehouses, and what it is worth."""
        rows = in_transit_value(self.get_queryset())
        return Response(
            {
                "warehouses": rows,
                "total_quantity": sum((row["quantity"] for row in rows), Decimal(0)),
                "total_value": sum((row["value"] for row in rows), Decimal(0)),
            }
        )

    @extend_schema(
        operation_id="transfer_requests_decide",
        request=NamedTransferDecisionInput,
        responses=ChangedTransferSerializer,
    )
    @action(detail=False, methods=["post"], url_path="approve", url_name="decide")
    def decide(self, request: Request) -> Response:
        """Decide the transfer that the body names."""
        body = body_with_synonyms(NamedTransferDecisionInput, request)
        return self.take_decision(named_row(self.get_queryset(), body), body)

    @extend_schema(request=TransferDecisionInput, responses=ChangedTransferSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Approve, which ships unless `ship` is false, or reject with a note."""
        return self.take_decision(self.get_object(), checked_body(TransferDecisionInput, request))

    def take_decision(self, transfer: TransferRequest, body: dict[str, Any]) -> Response:
        require_caller(self.request, body, "decided_by")
        note = body.get("note") or ""
        if body["decision"] == "reject":
            reject_transfer(transfer=transfer, note=note, acting_user=self.request.user)
            return self.answer(transfer, "Transfer rejected")
        transfer = approve_transfer(
            transfer=transfer,
            note=note,
            ship=body["ship"],
            leaving=leaving_of(body.get("items"), transfer),
            rest_later=body["rest_later"],
            acting_user=self.request.user,
        )
        return self.answer(transfer, "Transfer approved successfully")

    @extend_schema(request=ShipInput, responses=ChangedTransferSerializer)
    @action(detail=True, methods=["post"])
    def ship(self, request: Request, pk: str) -> Response:
        """Ship an approved transfer from the source."""
        transfer = self.get_object()
        body = checked_body(ShipInput, request)
        ship_transfer(
            transfer=transfer,
            leaving=leaving_of(body.get("items"), transfer),
            rest_later=body["rest_later"],
            acting_user=request.user,
        )
        return self.answer(transfer, "Transfer shipped successfully")

    @extend_schema(request=TransferReceiptInput, responses=ChangedTransferSerializer)
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """Receive what arrived at the destination, or all that is in transit."""
        transfer = self.get_object()
        body = checked_body(TransferReceiptInput, request)
        require_caller(request, body, "received_by")
        entries = body.get("items")
        receive_transfer(
            transfer=transfer,
            arrivals=None if entries is None else arrivals_of(entries, lines_of(transfer)),
            acting_user=request.user,
        )
        return self.answer(transfer, "Transfer received successfully")

    @extend_schema(request=CloseInput, responses=ChangedTransferSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """End a transfer of which not all arrived: the rest is lost, or went back."""
        transfer = self.get_object()
        body = checked_body(CloseInput, request)
        close_transfer(
            transfer=transfer,
            is_lost=body["outcome"] == "lost",
            note=body["note"],
            acting_user=request.user,
        )
        return self.answer(transfer, "Transfer closed successfully")

    @extend_schema(request=CancelInput, responses=ChangedTransferSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel a transfer of which nothing arrived; what is in transit goes back."""
        transfer = self.get_object()
        body = checked_body(CancelInput, request)
        cancel_transfer(transfer=transfer, note=body.get("note") or "", acting_user=request.user)
        return self.answer(transfer, "Transfer cancelled successfully")


def any_warehouse(reference: str, field: str) -> Warehouse:
    """Return an active warehouse, one's own or not: their names are everybody's to know."""
    found: Warehouse | None = (
        Warehouse.objects.filter(is_active=True).by_reference(reference).first()
    )
    if found is None:
        text = f'Unknown warehouse "{reference[:50]}". Use the code of one that is active.'
        raise InvalidInput(text, {field: [text]})
    return found


def leaving_of(entries: Sequence[Entry] | None, transfer: TransferRequest) -> list[Leaving] | None:
    """Return what leaves, as entries mean it; raises InvalidInput naming every bad one."""
    if entries is None:
        return None
    errors: Errors = {}
    lines = NamedLines(lines_of(transfer))
    leaving = [
        Leaving(
            line_id=line.pk,
            quantity=entry["quantity"],
            lot_number=entry.get("lot_number", "").strip(),
        )
        for index, entry in enumerate(entries)
        if (line := only(lines, entry, index, errors)) is not None
    ]
    refuse(errors)
    return leaving


def arrivals_of(entries: Sequence[Entry], lines: Sequence[Any]) -> list[Arrival]:
    """Return the arrivals that entries mean; raises InvalidInput naming every bad one."""
    errors: Errors = {}
    arrivals = []
    known = NamedLines(lines)
    for index, entry in enumerate(entries):
        line = only(known, entry, index, errors)
        if line is not None:
            arrivals.append(
                Arrival(
                    line_id=line.pk,
                    received=entry.get("quantity_received", Decimal(0)),
                    damaged=entry.get("quantity_damaged", Decimal(0)),
                    discrepancy=entry.get("discrepancy", ""),
                    lot_number=entry.get("lot_number", ""),
                )
            )
    refuse(errors)
    return arrivals
