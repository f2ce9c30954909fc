from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from alerts.api.filters import AlertFilter
from alerts.api.serializers import (
    AcknowledgeSerializer,
    AlertAnswerSerializer,
    AlertSerializer,
    DismissSerializer,
    ResolveSerializer,
    SnoozeSerializer,
)
from alerts.models import Alert
from alerts.services import acknowledge_alert, dismiss_alert, resolve_alert, snooze_alert
from common.api.callers import require_caller
from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can

PEOPLE = ("acknowledged_by", "resolved_by", "dismissed_by", "snoozed_by")


class AlertViewSet(ListRetrieveViewSet):
    """Alerts of the caller's warehouses, and the steps that close them."""

    queryset = Alert.objects.select_related(
        "product", "variation", "warehouse", "supplier", *PEOPLE
    )
    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    resource_name = "alerts"
    search_fields = ["title", "product__code", "variation__sku_code"]
    ordering_fields = ["id", "created_at", "updated_at"]
    keyset_fields = ["id", "created_at", "updated_at"]
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "acknowledge": Can.ACT_ON_ALERTS,
        "resolve": Can.ACT_ON_ALERTS,
        "dismiss": Can.ACT_ON_ALERTS,
        "snooze": Can.ACT_ON_ALERTS,
    }

    @extend_schema(request=AcknowledgeSerializer, responses=AlertAnswerSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.act(AcknowledgeSerializer, acknowledge_alert, "acknowledged")

    @extend_schema(request=ResolveSerializer, responses=AlertAnswerSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.act(ResolveSerializer, resolve_alert, "resolved")

    @extend_schema(request=DismissSerializer, responses=AlertAnswerSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.act(DismissSerializer, dismiss_alert, "dismissed")

    @extend_schema(request=SnoozeSerializer, responses=AlertAnswerSerializer)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.act(SnoozeSerializer, snooze_alert, "snoozed")

    def act(
        self, serializer_class: type[Serializer[Any]], service: Callable[..., Alert], done: str
    ) -> Response:
        """Read the body, let the service do the step, and answer with the whole alert."""
        alert = self.get_object()
        body = serializer_class(data=self.request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        require_caller(self.request, body.validated_data, *PEOPLE)
        fields = {name: value for name, value in body.validated_data.items() if name not in PEOPLE}
        row = service(alert=alert, acting_user=self.request.user, **fields)
        answer = self.representation(row) | {"message": f"Alert {done} successfully"}
        return Response(answer)
