"""What a purchase order is printed as."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.documents import FileAnswersMixin, PdfRenderer, file_answer, pdf_answer
from common.api.viewsets import ApiViewSet


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
