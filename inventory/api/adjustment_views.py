"""Adjustments over HTTP."""

from collections.abc import Sequence
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import body_with_synonyms, checked_body
from common.api.callers import require_caller
from common.api.filters import FromDay, ReferenceFilter, ToDay
from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from inventory.api.adjustment_serializers import (
    AdjustmentInput,
    AdjustmentSerializer,
    ChangedAdjustmentSerializer,
)
from inventory.api.decisions import (
    DecisionInput,
    NamedDecisionInput,
    known_statuses,
    named_row,
)
from inventory.api.document_lines import Entry
from inventory.lookup import find_variations
from inventory.models import AdjustmentRequest
from inventory.services.adjustments import (
    Correction,
    approve_adjustment,
    cancel_adjustment,
    reject_adjustment,
    request_adjustment,
)
from warehouses.models import Warehouse
from warehouses.queries import member_warehouse


class AdjustmentFilterSet(filters.FilterSet):
    status = filters.CharFilter(
        method="filter_status", help_text="One or several, parted by commas."
    )
    warehouse = ReferenceFilter(field_name="warehouse", queryset=lambda: Warehouse.objects.all())
    reason_code = filters.CharFilter(field_name="lines__reason_code", distinct=True)
    start_date = FromDay(field_name="created_at", help_text="Asked for on or after it.")
    end_date = ToDay(field_name="created_at", help_text="Asked for on or before it.")

    class Meta:
        model = AdjustmentRequest
        fields: list[str] = []

    def filter_status(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(status__in=known_statuses(AdjustmentRequest, name, value))


class AdjustmentRequestViewSet(ListRetrieveViewSet):
    """Corrections of stock: posted at once within one's limit, else decided by a manager."""

    queryset = AdjustmentRequest.objects.order_by("-pk")
    serializer_class = AdjustmentSerializer
    filterset_class = AdjustmentFilterSet
    search_fields = ["code", "notes", "lines__variation__sku_code"]
    ordering_fields = ["id", "created_at", "value", "status"]
    keyset_fields = ["id"]
    resource_name = "adjustment_requests"
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "create": Can.POST_STOCK,
        "approve": Can.DECIDE_STOCK_CORRECTIONS,
        "decide": Can.DECIDE_STOCK_CORRECTIONS,
        "cancel": Can.POST_STOCK,
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.with_lines() if self.action in ("list", "retrieve") else rows

    def detail_rows(self) -> Any:
        return self.get_queryset().with_lines()

    @extend_schema(request=AdjustmentInput, responses={201: ChangedAdjustmentSerializer})
    def create(self, request: Request) -> Response:
        """Correct stock with a reason; `status` says whether it is posted or waits."""
        body = body_with_synonyms(AdjustmentInput, request)
        require_caller(request, body, "requested_by")
        adjustment = request_adjustment(
            warehouse=member_warehouse(body.get("warehouse"), request.user),
            corrections=corrections_of(body["items"]),
            notes=body.get("notes") or "",
            acting_user=request.user,
        )
        is_posted = adjustment.status == AdjustmentRequest.Status.POSTED
        text = "Adjustment posted" if is_posted else "Adjustment waits for a manager's decision"
        return self.answer(adjustment, text, 201)

    @extend_schema(
        operation_id="adjustment_requests_decide",
        request=NamedDecisionInput,
        responses=ChangedAdjustmentSerializer,
    )
    @action(detail=False, methods=["post"], url_path="approve", url_name="decide")
    def decide(self, request: Request) -> Response:
        """Decide the adjustment that the body names."""
        body = body_with_synonyms(NamedDecisionInput, request)
        return self.take_decision(named_row(self.get_queryset(), body), body)

    @extend_schema(request=DecisionInput, responses=ChangedAdjustmentSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Approve, which posts it, or reject with a note."""
        return self.take_decision(self.get_object(), checked_body(DecisionInput, request))

    def take_decision(self, adjustment: AdjustmentRequest, body: dict[str, Any]) -> Response:
        require_caller(self.request, body, "decided_by")
        is_approved = body["decision"] == "approve"
        service = approve_adjustment if is_approved else reject_adjustment
        service(adjustment=adjustment, note=body.get("note") or "", acting_user=self.request.user)
        return self.answer(
            adjustment, "Adjustment approved and posted" if is_approved else "Adjustment rejected"
        )

    @extend_schema(request=None, responses=ChangedAdjustmentSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take a pending request back."""
        adjustment = cancel_adjustment(adjustment=self.get_object(), acting_user=request.user)
        return self.answer(adjustment, "Adjustment cancelled")


def corrections_of(entries: Sequence[Entry]) -> list[Correction]:
    return [
        Correction(
            variation=variation,
            quantity=entry["quantity"],
            reason_code=entry["reason_code"],
            reason_description=entry.get("reason_description") or "",
            unit_cost=entry.get("unit_cost"),
            bin_location=entry.get("warehouse_location") or "",
            lot_number=entry.get("lot_number") or "",
            expiration_date=entry.get("expiration_date"),
        )
        for entry, variation in zip(entries, find_variations(entries), strict=True)
    ]
