"""Requests that somebody becomes a manager: a manager asks, an administrator decides."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.views import ApiView
from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from warehouses.api.filters import PromotionFilterSet
from warehouses.api.lifecycle_serializers import (
    NamedPromotionDecisionBody,
    PromotionAnswer,
    PromotionBody,
    PromotionDecisionBody,
    PromotionSerializer,
)
from warehouses.models import PromotionRequest
from warehouses.services import approve_promotion, reject_promotion, request_promotion


class PromotionRequestViewSet(ListRetrieveViewSet):
    """What managers asked for; each sees what was asked for in the own warehouses."""

    queryset = PromotionRequest.objects.select_related(
        "user", "warehouse", "requested_by", "decided_by"
    )
    serializer_class = PromotionSerializer
    filterset_class = PromotionFilterSet
    search_fields = ["code", "user__username", "requested_by__username"]
    ordering_fields = ["id", "created_at"]
    resource_name = "promotion_requests"
    permissions = {
        "list": Can.MANAGE_PEOPLE,
        "retrieve": Can.MANAGE_PEOPLE,
        "approve": Can.MANAGE_USERS,
        "approve_named": Can.MANAGE_USERS,
    }

    @extend_schema(
        operation_id="promotion_requests_approve_named",
        request=NamedPromotionDecisionBody,
        responses=PromotionAnswer,
    )
    @action(detail=False, methods=["post"], url_path="approve")
    def approve_named(self, request: Request) -> Response:
        """Decide a request that the body names."""
        body = self.read(NamedPromotionDecisionBody)
        return self.decide(body.pop("promotion"), body)

    @extend_schema(request=PromotionDecisionBody, responses=PromotionAnswer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Decide a request."""
        return self.decide(self.get_object(), self.read(PromotionDecisionBody))

    def read(self, body_class: Any) -> dict[str, Any]:
        body = body_class(data=self.request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def decide(self, promotion: PromotionRequest, body: dict[str, Any]) -> Response:
        service = approve_promotion if body["decision"] == "approve" else reject_promotion
        user: Any = self.request.user
        row = service(request=promotion, note=body.get("note", ""), acting_user=user)
        return self.answer(row, f"Promotion request {row.state}")


@extend_schema(tags=["promotion requests"])
class RequestPromotionView(ApiView):
    permissions = {"post": Can.MANAGE_PEOPLE}

    @extend_schema(request=PromotionBody, responses={201: PromotionAnswer})
    def post(self, request: Request) -> Response:
        """Ask that somebody of your warehouse becomes a manager."""
        body = PromotionBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        user: Any = request.user
        row = request_promotion(
            user=body.validated_data["person"],
            warehouse=body.validated_data.get("warehouse"),
            reason=body.validated_data.get("note", ""),
            acting_user=user,
        )
        answer = {"message": "Promotion requested", **PromotionSerializer(row).data}
        return Response(answer, status=201)
