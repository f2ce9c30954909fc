from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from notifications.api.filters import NotificationFilter
from notifications.api.serializers import NotificationSerializer, ReadAllSerializer
from notifications.models import Notification
from notifications.services import mark_all_read, mark_read


class NotificationViewSet(ListRetrieveViewSet):
    """The caller's own messages."""

    queryset = Notification.objects.all()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    resource_name = "notifications"
    ordering_fields = ["id", "created_at"]
    keyset_fields = ["id", "created_at"]
    permissions = {
        "list": Can.SIGN_IN,
        "retrieve": Can.SIGN_IN,
        "read": Can.SIGN_IN,
        "read_all": Can.SIGN_IN,
    }

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(mark_read(self.get_object()), "Notification marked as read")

    @extend_schema(request=None, responses=ReadAllSerializer)
    @action(detail=False, methods=["post"], url_path="read-all")
    def read_all(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        updated = mark_all_read(acting_user=request.user)
        return Response({"message": "All notifications marked as read", "updated": updated})
