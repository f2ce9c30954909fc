"""Viewsets of a tutorial: no scopes, page numbers, `count(*)`, DRF's own JSON."""

from typing import TypeVar

from django.db.models import Model
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTAuthentication

from benchmarks.naive.serializers import (
    MovementSerializer,
    OrderSerializer,
    PurchaseOrderSerializer,
    UncheckedMovementSerializer,
    deliver,
    receive,
)
from inventory.models import StockMovement
from purchasing.models import PurchaseOrder
from sales.models import SalesOrder

Row = TypeVar("Row", bound=Model)


class FiftyAPage(PageNumberPagination):
    page_size = 50


class NaiveViewSet(viewsets.ModelViewSet[Row]):
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]
    pagination_class = FiftyAPage
    renderer_classes = [JSONRenderer]
    filter_backends = []
    throttle_classes = []


class MovementViewSet(NaiveViewSet[StockMovement]):
    queryset = StockMovement.objects.select_related("variation", "warehouse").order_by("-pk")
    serializer_class = MovementSerializer


class UncheckedMovementViewSet(MovementViewSet):
    serializer_class = UncheckedMovementSerializer


class OrderViewSet(NaiveViewSet[SalesOrder]):
    queryset = SalesOrder.objects.all()
    serializer_class = OrderSerializer

    @action(detail=True, methods=["post"])
    def fulfill(self, request: Request, pk: str) -> Response:
        order = self.get_object()
        deliver(order, request.user)
        return Response(self.get_serializer(order).data)


class PurchaseOrderViewSet(NaiveViewSet[PurchaseOrder]):
    queryset = PurchaseOrder.objects.all()
    serializer_class = PurchaseOrderSerializer

    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        order = self.get_object()
        receive(order, request.user)
        order.refresh_from_db()
        return Response(self.get_serializer(order).data)
