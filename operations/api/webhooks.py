"""Webhooks over HTTP: whom the product tells of what happens, and what became of it."""

from typing import Any

from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.fields import ReferenceField
from common.api.filters import FromDay, StrictBooleanFilter, ToDay
from common.api.viewsets import ListRetrieveViewSet, ResourceViewSet
from common.permissions import Can
from operations.models import Webhook, WebhookDelivery
from operations.webhooks.event_types import event_types
from operations.webhooks.examples import example_of
from operations.webhooks.services import (
    change_webhook,
    create_webhook,
    delete_webhook,
    ping_webhook,
    redeliver,
    redeliver_dead,
    rotate_secret,
)
from warehouses.models import Warehouse

SHOWN_ONCE = "Keep the secret now: it is shown this once."


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=60), min_length=1, max_length=200,
        help_text='Names that `/api/webhooks/event-types/` lists, or `"*"` for all.',
    )  # fmt: skip
    warehouse = ReferenceField(Warehouse.objects.all, required=False, allow_null=True)
    failing_since = serializers.DateTimeField(
        source="health.failing_since", read_only=True, allow_null=True
    )
    paused_until = serializers.DateTimeField(
        source="health.paused_until", read_only=True, allow_null=True,
        help_text="While the receiver fails, its other deliveries wait until then.",
    )  # fmt: skip
    created_by = serializers.CharField(
        source="created_by.code", read_only=True, default=None, allow_null=True
    )

    class Meta:
        model = Webhook
        fields = [
            "id", "name", "url", "event_types", "warehouse", "is_active", "switched_off_reason",
            "failing_since", "paused_until", "previous_secret_until", "created_by", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = ["switched_off_reason", "previous_secret_until"]


class WebhookSecretAnswer(WebhookSerializer):
    message = serializers.CharField()
    secret = serializers.CharField(help_text="Shown this once; receivers verify signatures by it.")

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "message", "secret"]


class RedeliveredAnswer(WebhookSerializer):
    message = serializers.CharField()
    redelivered = serializers.IntegerField()

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "message", "redelivered"]


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    body = serializers.CharField(help_text="JSON, exactly as it is signed and sent.")
    next_attempt_at = serializers.SerializerMethodField(help_text="Null where it is settled.")

    class Meta:
        model = WebhookDelivery
        fields = [
            "id", "event_id", "event_type", "status", "attempts", "next_attempt_at",
            "last_attempt_at", "delivered_at", "response_status", "response_body", "duration_ms",
            "error", "body", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_next_attempt_at(self, delivery: WebhookDelivery) -> Any:
        is_pending = delivery.status == WebhookDelivery.Status.PENDING
        at = delivery.next_attempt_at if is_pending else None
        return serializers.DateTimeField().to_representation(at) if at else None


class EventTypeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()
    example = serializers.DictField(help_text="A body as it is sent.")


class EventTypesAnswer(serializers.Serializer[Any]):
    event_types = EventTypeSerializer(many=True)


class WebhookFilter(filters.FilterSet):
    is_active = StrictBooleanFilter()

    class Meta:
        model = Webhook
        fields = ["is_active"]


class WebhookDeliveryFilter(filters.FilterSet):
    start_date = FromDay(field_name="created_at")
    end_date = ToDay(field_name="created_at")

    class Meta:
        model = WebhookDelivery
        fields = ["status", "event_type", "event_id", "response_status", "start_date", "end_date"]


@extend_schema_view(create=extend_schema(responses={201: WebhookSecretAnswer}))
class WebhookViewSet(ResourceViewSet):
    """Addresses of other systems that are told of what happens."""

    queryset = Webhook.objects.select_related("warehouse", "health", "created_by")
    serializer_class = WebhookSerializer
    filterset_class = WebhookFilter
    search_fields = ["name", "url"]
    ordering_fields = ["id", "name", "created_at"]
    resource_name = "webhooks"
    noun = "Webhook"
    permissions = dict.fromkeys(
        ["list", "retrieve", "create", "update", "partial_update", "destroy", "test",
         "rotate_secret", "redeliver_dead", "event_types"],
        Can.MANAGE_WEBHOOKS,
    )  # fmt: skip

    @property
    def keeps_answers(self) -> bool:  # type: ignore[override]
        """Whether the answer may be stored: not where it holds a secret."""
        action = getattr(self, "action", None)
        if action is None and self.action_map and self.request is not None:
            action = self.action_map.get(str(self.request.method).lower())
        return action not in ("create", "rotate_secret")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        hook, secret = create_webhook(acting_user=request.user, **serializer.validated_data)
        return self.answer(hook, f"Webhook created. {SHOWN_ONCE}", 201, secret=secret)

    def perform_update(self, serializer: Any) -> Webhook:
        return change_webhook(
            webhook=serializer.instance,
            acting_user=self.request.user,
            **serializer.validated_data,
        )

    def perform_destroy(self, instance: Webhook) -> None:
        delete_webhook(webhook=instance, acting_user=self.request.user)

    @extend_schema(request=None, responses={202: WebhookDeliverySerializer})
    def test(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send a ping; look at the delivery a moment later for how it went."""
        delivery = ping_webhook(webhook=self.get_object(), acting_user=request.user)
        body = {"message": "A ping is on its way.", **WebhookDeliverySerializer(delivery).data}
        return Response(body, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=WebhookSecretAnswer)
    def rotate_secret(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a new secret; for 24 hours the one before signs beside it."""
        hook, secret = rotate_secret(webhook=self.get_object(), acting_user=request.user)
        return self.answer(hook, f"There is a new secret. {SHOWN_ONCE}", secret=secret)

    @extend_schema(request=None, responses=RedeliveredAnswer)
    def redeliver_dead(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send all that was given up again, each event with its id."""
        hook = self.get_object()
        revived = redeliver_dead(webhook=hook, acting_user=request.user)
        return self.answer(hook, "The events are on their way.", redelivered=revived)

    @extend_schema(responses=EventTypesAnswer, filters=False)
    def event_types(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What webhooks can be told of, each with an example of what is sent."""
        listed = [
            {"name": one.name, "description": one.description, "example": example_of(one)}
            for one in event_types().values()
        ]
        return Response({"event_types": listed})


class WebhookDeliveryViewSet(ListRetrieveViewSet):
    """What a webhook was told in the last 30 days, newest first."""

    queryset = WebhookDelivery.objects.order_by("-pk")
    serializer_class = WebhookDeliverySerializer
    filterset_class = WebhookDeliveryFilter
    resource_name = "deliveries"
    ordering_fields = ["id", "created_at"]
    keyset_fields = ["id", "created_at"]
    permissions = dict.fromkeys(["list", "retrieve", "redeliver"], Can.MANAGE_WEBHOOKS)

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return super().get_queryset().filter(webhook=self.get_webhook())

    def get_webhook(self) -> Webhook:
        reference = self.kwargs["webhook_pk"]
        found = Webhook.objects.visible_to(self.request.user).by_reference(reference)
        hook: Webhook | None = found.first()
        if hook is None:
            raise Http404(f"There is no webhook {reference[:50]!r} among those you may see.")
        return hook

    @extend_schema(request=None, responses=WebhookDeliverySerializer)
    def redeliver(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send the event again, with the same id."""
        delivery = redeliver(delivery=self.get_object(), acting_user=request.user)
        return self.answer(delivery, "The event is on its way again.")
