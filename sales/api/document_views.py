"""The documents that go with a sales order's goods."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.documents import FileAnswersMixin, PdfRenderer, file_answer, pdf_answer
from common.permissions import Can
from inventory.api.symbols import StrictParameters, asked
from sales.documents.shipments import find_fulfilment


class FulfilmentParameter(StrictParameters):
    """Which delivery is meant."""

    fulfilment = serializers.CharField(
        default="", max_length=50, help_text="The code or id of one of the order's fulfilments."
    )


class OrderDocuments(FileAnswersMixin):
    """Pick list and packing slip; mixed into the viewset of sales orders."""

    file_renderers = {"pick_list": [PdfRenderer], "packing_slip": [PdfRenderer]}
    permissions = {"pick_list": Can.VIEW_SALES_ORDERS, "packing_slip": Can.VIEW_SALES_ORDERS}
    further_errors = {"packing_slip": (409,)}
    get_object: Any

    @extend_schema(parameters=[FulfilmentParameter], responses=file_answer(PdfRenderer))
    @action(detail=True, methods=["get"], url_path="pick-list")
    def pick_list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get what to take out of which bin: for all that is open, or for one fulfilment."""
        from sales.documents.pick_list import (  # noqa: PLC0415 - loads the layout engine
            pick_list_pdf,
        )

        reference = asked(FulfilmentParameter, request)["fulfilment"]
        order = self.get_object()
        fulfilment = find_fulfilment(order, reference) if reference else None
        return pdf_answer(pick_list_pdf(order, fulfilment), f"pick-list-{order.order_number}")

    @extend_schema(parameters=[FulfilmentParameter], responses=file_answer(PdfRenderer))
    @action(detail=True, methods=["get"], url_path="packing-slip")
    def packing_slip(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get what is in the parcel, without prices: of one fulfilment, or of the newest."""
        from sales.documents.packing_slip import (  # noqa: PLC0415 - loads the layout engine
            packing_slip_pdf,
        )

        reference = asked(FulfilmentParameter, request)["fulfilment"]
        fulfilment = find_fulfilment(self.get_object(), reference)
        name = f"packing-slip-{fulfilment.order.order_number}-{fulfilment.code}"
        return pdf_answer(packing_slip_pdf(fulfilment), name)
