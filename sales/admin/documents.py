"""The buttons that print what goes with the goods."""

from typing import Any

from django.http import HttpResponse

from common.admin_steps import FileStep, pdf_page
from common.exceptions import NotAllowed
from common.permissions import Can
from sales.documents.shipments import find_fulfilment
from sales.models import Fulfilment, SalesOrder


def pick_list(row: SalesOrder, acting_user: Any) -> HttpResponse:
    """Print what is open; once nothing is, what left last."""
    from sales.documents.pick_list import pick_list_pdf  # noqa: PLC0415 - loads the layout engine

    fulfilment = None if row.is_open else find_fulfilment(row, "")
    return pdf_page(pick_list_pdf(row, fulfilment), f"pick-list-{row.order_number}")


def packing_slip(row: SalesOrder, acting_user: Any) -> HttpResponse:
    """Print what left last."""
    return slip_of(find_fulfilment(row, ""), acting_user)


def slip_of(row: Fulfilment, acting_user: Any) -> HttpResponse:
    """Print what left; a slip tells of the whole order, so it is for those who see that."""
    if not SalesOrder.objects.visible_to(acting_user).filter(pk=row.order_id).exists():
        raise NotAllowed("The order is another warehouse's: its people print the slip.")
    from sales.documents.packing_slip import (  # noqa: PLC0415 - loads the layout engine
        packing_slip_pdf,
    )

    return pdf_page(packing_slip_pdf(row), f"packing-slip-{row.order.order_number}-{row.code}")


def has_left(row: Any) -> bool:
    return row.fulfilments.exists()


ORDER_DOCUMENTS = (
    FileStep(
        name="pick_list", title="Pick list", permission=Can.VIEW_SALES_ORDERS, give=pick_list,
        lawful=lambda row: row.is_open or has_left(row), icon="checklist",
    ),
    FileStep(
        name="packing_slip", title="Packing slip", permission=Can.VIEW_SALES_ORDERS,
        give=packing_slip, lawful=has_left, icon="receipt",
    ),
)  # fmt: skip
FULFILMENT_DOCUMENTS = (
    FileStep(
        name="packing_slip", title="Packing slip", permission=Can.VIEW_SALES_ORDERS, give=slip_of,
        icon="receipt",
    ),
)  # fmt: skip
