"""Viewsets of a tutorial: no scopes, page numbers, `count(*)`, DRF's own JSON."""

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


class FiftyAPage(PageNumberPagination):
    page_size = 50


class MovementViewSet(viewsets.ModelViewSet[StockMovement]):
    queryset = StockMovement.objects.select_related("variation", "warehouse").order_by("-pk")
    serializer_class = MovementSerializer
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]
    pagination_class = FiftyAPage
    renderer_classes = [JSONRenderer]
    filter_backends = []
    throttle_classes = []


class UncheckedMovementViewSet(MovementViewSet):
    serializer_class = UncheckedMovementSerializer


class OrderViewSet(viewsets.ModelViewSet[SalesOrder]):
    queryset = SalesOrder.objects.all()
    serializer_class = OrderSerializer
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]
    pagination_class = FiftyAPage
    renderer_classes = [JSONRenderer]
    filter_backends = []
    throttle_classes = []

    @action(detail=True, methods=["post"])
    def fulfill(self, request: Request, pk: str) -> Response:
        order = self.get_object()
        deliver(order, request.user)
        return Response(self.get_serializer(order).data)


class PurchaseOrderViewSet(viewsets.ModelViewSet[PurchaseOrder]):
    queryset = PurchaseOrder.objects.all()
    serializer_class = PurchaseOrderSerializer
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]
    pagination_class = FiftyAPage
    renderer_classes = [JSONRenderer]
    filter_backends = []
    throttle_classes = []

    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        order = self.get_object()
        receive(order, request.user)
        order.refresh_from_db()
        return Response(self.get_serializer(order).data)
