"""Deciding about purchase orders above the company's limit, over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import body_with_synonyms
from common.api.callers import require_caller
from common.api.fields import ChoiceSynonymField, ReferenceInput
from common.api.synonyms import SynonymsMixin
from common.api.viewsets import ApiViewSet
from inventory.api.decisions import DECISION_SYNONYMS, DECISIONS, NOTE, RejectionInput
from inventory.api.document_lines import OPTIONAL
from purchasing.api.serializers import ChangedOrderSerializer
from purchasing.models import PurchaseOrder
from purchasing.services.decisions import approve_purchase_order, reject_purchase_order


class ApprovalInput(SynonymsMixin, serializers.Serializer[Any]):
    """A decision: to approve, unless it says reject; a rejection says why in `note`."""

    synonyms = {"reason": "note"}

    decision = ChoiceSynonymField(DECISIONS, DECISION_SYNONYMS, required=False)
    note = serializers.CharField(**NOTE)
    decided_by = ReferenceInput(**OPTIONAL)


class ApprovalMixin(ApiViewSet):
    """The decisions about an order that awaits approval."""

    @extend_schema(request=ApprovalInput, responses=ChangedOrderSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Let an order above the limit go on up to what it costs now, or reject it."""
        order = self.get_object()
        body = body_with_synonyms(ApprovalInput, request)
        if body.get("decision") == "reject":
            return self.take_rejection(order, body)
        require_caller(request, body, "decided_by")
        note = body.get("note") or ""
        approve_purchase_order(order=order, note=note, acting_user=request.user)
        return self.answer(order, "Purchase order approved successfully")

    @extend_schema(request=RejectionInput, responses=ChangedOrderSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Refuse an order that awaits approval, with the reason."""
        return self.take_rejection(self.get_object(), body_with_synonyms(RejectionInput, request))

    def take_rejection(self, order: PurchaseOrder, body: dict[str, Any]) -> Response:
        require_caller(self.request, body, "decided_by")
        note = body.get("note") or ""
        reject_purchase_order(order=order, note=note, acting_user=self.request.user)
        return self.answer(order, "Purchase order rejected")
