"""Purchase requests over HTTP."""

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
from inventory.api.decisions import RejectionInput, known_statuses, named_row
from inventory.api.wanted_lines import granted_lines, wanted_lines
from purchasing.api.request_serializers import (
    ChangedPurchaseRequestSerializer,
    NamedPurchaseRequestDecisionInput,
    PurchaseRequestDecisionInput,
    PurchaseRequestInput,
    PurchaseRequestSerializer,
)
from purchasing.models import PurchaseRequest
from purchasing.services.requests import (
    approve_goods_request,
    cancel_goods_request,
    reject_goods_request,
    request_goods,
)
from users.models import User
from warehouses.models import Warehouse
from warehouses.queries import member_warehouse


class PurchaseRequestFilterSet(filters.FilterSet):
    status = filters.CharFilter(
        method="filter_status", help_text="One or several, parted by commas."
    )
    warehouse = ReferenceFilter(field_name="warehouse", queryset=lambda: Warehouse.objects.all())
    requested_by = ReferenceFilter(
        field_name="requested_by", queryset=lambda: User.objects.all(), help_text="A person's code."
    )
    needed_before = filters.DateFilter(field_name="needed_by", lookup_expr="lte")
    start_date = FromDay(field_name="created_at", help_text="Asked for on or after it.")
    end_date = ToDay(field_name="created_at", help_text="Asked for on or before it.")

    class Meta:
        model = PurchaseRequest
        fields: list[str] = []

    def filter_status(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(status__in=known_statuses(PurchaseRequest, name, value))


class PurchaseRequestViewSet(ListRetrieveViewSet):
    """Goods that people ask for out of a warehouse; its staff or a manager decides."""

    queryset = PurchaseRequest.objects.order_by("-pk")
    serializer_class = PurchaseRequestSerializer
    filterset_class = PurchaseRequestFilterSet
    search_fields = ["code", "reason", "lines__variation__sku_code"]
    ordering_fields = ["id", "code", "created_at", "needed_by", "status"]
    keyset_fields = ["id"]
    resource_name = "purchase_requests"
    permissions = {
        "list": Can.REQUEST_GOODS,
        "retrieve": Can.REQUEST_GOODS,
        "create": Can.REQUEST_GOODS,
        "approve": Can.DECIDE_GOODS_REQUESTS,
        "decide": Can.DECIDE_GOODS_REQUESTS,
        "reject": Can.DECIDE_GOODS_REQUESTS,
        "cancel": Can.REQUEST_GOODS,
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.with_lines() if self.action in ("list", "retrieve") else rows

    def detail_rows(self) -> Any:
        return self.get_queryset().with_lines()

    @extend_schema(request=PurchaseRequestInput, responses={201: ChangedPurchaseRequestSerializer})
    def create(self, request: Request) -> Response:
        """Ask for goods out of a warehouse that you belong to."""
        body = body_with_synonyms(PurchaseRequestInput, request)
        require_caller(request, body, "requested_by")
        asked = request_goods(
            warehouse=member_warehouse(body.get("warehouse"), request.user),
            lines=wanted_lines(body["items"]),
            reason=body.get("reason") or "",
            needed_by=body.get("needed_by"),
            acting_user=request.user,
        )
        return self.answer(asked, "Purchase request created successfully", 201)

    @extend_schema(
        operation_id="purchase_requests_decide",
        request=NamedPurchaseRequestDecisionInput,
        responses=ChangedPurchaseRequestSerializer,
    )
    @action(detail=False, methods=["post"], url_path="approve", url_name="decide")
    def decide(self, request: Request) -> Response:
        """Decide the purchase request that the body names."""
        body = body_with_synonyms(NamedPurchaseRequestDecisionInput, request)
        return self.take_decision(named_row(self.get_queryset(), body), body)

    @extend_schema(request=PurchaseRequestDecisionInput, responses=ChangedPurchaseRequestSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Approve, which takes the goods out of stock, or reject with a note."""
        body = checked_body(PurchaseRequestDecisionInput, request)
        return self.take_decision(self.get_object(), body)

    @extend_schema(request=RejectionInput, responses=ChangedPurchaseRequestSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Reject a request, with the reason."""
        return self.take_rejection(self.get_object(), body_with_synonyms(RejectionInput, request))

    def take_rejection(self, asked: PurchaseRequest, body: dict[str, Any]) -> Response:
        require_caller(self.request, body, "decided_by")
        note = body.get("note") or ""
        reject_goods_request(request=asked, note=note, acting_user=self.request.user)
        return self.answer(asked, "Purchase request rejected")

    def take_decision(self, asked: PurchaseRequest, body: dict[str, Any]) -> Response:
        if body["decision"] == "reject":
            return self.take_rejection(asked, body)
        require_caller(self.request, body, "decided_by")
        note = body.get("note") or ""
        approve_goods_request(
            request=asked,
            quantities=granted_lines(body.get("items"), asked),
            note=note,
            acting_user=self.request.user,
        )
        return self.answer(asked, "Purchase request approved: the goods left stock")

    @extend_schema(request=None, responses=ChangedPurchaseRequestSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take your own pending request back."""
        asked = cancel_goods_request(request=self.get_object(), acting_user=request.user)
        return self.answer(asked, "Purchase request cancelled")
