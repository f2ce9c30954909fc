"""What a purchase order is printed as, how it gets to its supplier, and the same once more."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import checked_body
from common.api.documents import FileAnswersMixin, PdfRenderer, file_answer, pdf_answer
from common.api.viewsets import ApiViewSet
from purchasing.api.serializers import ChangedOrderSerializer
from purchasing.services.copies import copy_purchase_order
from purchasing.services.dispatch import send_purchase_order_again
from purchasing.services.transitions import send_purchase_order


class SendInput(serializers.Serializer[Any]):
    """How an order is sent."""

    again = serializers.BooleanField(
        default=False, help_text="Mail an order once more that was sent before."
    )


class SentOrderSerializer(ChangedOrderSerializer):
    """The answer to sending."""

    mailed_to = serializers.EmailField(
        allow_null=True, help_text="Null: the supplier has no address, so nothing was mailed."
    )

    class Meta(ChangedOrderSerializer.Meta):
        fields = [*ChangedOrderSerializer.Meta.fields, "mailed_to"]
        read_only_fields = fields


class OrderDocumentsMixin(FileAnswersMixin, ApiViewSet):
    """The documents of purchase orders."""

    file_renderers = {"pdf": [PdfRenderer]}

    @extend_schema(responses=file_answer(PdfRenderer))
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get the order as PDF, as the supplier gets it."""
        from purchasing.documents.order_pdf import (  # noqa: PLC0415 - loads the layout engine
            purchase_order_pdf,
        )

        order = self.get_object()
        return pdf_answer(purchase_order_pdf(order.pk), order.order_number)

    @extend_schema(request=None, responses={201: ChangedOrderSerializer})
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Draft the same order again, at the costs of today."""
        order = copy_purchase_order(order=self.get_object(), acting_user=request.user)
        return self.answer(order, "Purchase order drafted again", 201)

    @extend_schema(request=SendInput, responses=SentOrderSerializer)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send a draft to the supplier, or mail a sent order `again`, with its PDF."""
        send = send_purchase_order_again if checked_body(SendInput, request)["again"] else (
            send_purchase_order
        )  # fmt: skip
        order = send(order=self.get_object(), acting_user=request.user)
        address = order.supplier.email or None
        message = "Purchase order sent successfully"
        if address is None:
            message += ". The supplier has no e-mail address: nothing was mailed"
        return self.answer(order, message, mailed_to=address)
