"""The buttons of a sales order's page."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from common.admin_links import with_link
from common.admin_orders import QuantitiesForm, plain
from common.admin_steps import Step, permits
from common.permissions import Can
from sales.admin.documents import ORDER_DOCUMENTS
from sales.admin.fulfilling import FulfilForm
from sales.admin.returning import RETURN_STEP
from sales.models import SalesOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.copies import copy_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.reservations import allocate_stock, reserve_sales_order


class OutstandingForm(QuantitiesForm):
    """A quantity of each line; one that is left empty stays outstanding."""

    def __init__(self, order: SalesOrder, posted: Any) -> None:
        items = order.items.select_related("variation__product")
        super().__init__(
            [
                (item.pk, item.variation.full_name,
                 item.outstanding)
                for item in items if item.outstanding or posted is not None
            ],
            posted,
        )  # fmt: skip


class ReserveForm(forms.Form):
    """Until when goods are held."""

    reserved_until = forms.SplitDateTimeField(
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="Empty: as the company's settings say.",
    )

    def __init__(self, order: SalesOrder, posted: Any) -> None:
        super().__init__(posted)


def requests_of(quantities: dict[int, Decimal]) -> list[LineRequest]:
    return [LineRequest("id", str(key), quantity) for key, quantity in quantities.items()]


def fulfil(row: SalesOrder, acting_user: Any, lines: list[LineRequest]) -> str:
    fulfilment = fulfil_sales_order(order=row, lines=lines, acting_user=acting_user)
    return f"Delivered as {fulfilment.code}; the goods have left stock."


def cancel(row: SalesOrder, acting_user: Any) -> str:
    order = cancel_sales_order(order=row, acting_user=acting_user)
    return f"Cancelled; what it reserved is free again. {row} is {order.get_status_display()}."


def cancel_quantities(row: SalesOrder, acting_user: Any, quantities: dict[int, Decimal]) -> str:
    order = cancel_sales_order(order=row, lines=requests_of(quantities), acting_user=acting_user)
    return f"Cancelled what you entered. {row} is {order.get_status_display()}."


def reserve(row: SalesOrder, acting_user: Any, reserved_until: Any) -> str:
    reserve_sales_order(order=row, reserved_until=reserved_until, acting_user=acting_user)
    return f"{row} waits for goods, and has what there was for it."


def allocate(row: SalesOrder, acting_user: Any) -> str:
    taken = allocate_stock(order=row, acting_user=acting_user).taken
    told = [f"{plain(one.quantity)} from {one.order_number}, line {one.line}" for one in taken]
    return f"Allocated: {'; '.join(told)}." if told else "No less urgent order had anything."


def order_again(row: SalesOrder, acting_user: Any) -> str:
    order = copy_sales_order(order=row, acting_user=acting_user)
    return with_link("Taken again as {}; what is available is reserved for it.", order)


STEPS = (
    *ORDER_DOCUMENTS,
    Step(
        name="fulfil", title="Fulfil", permission=Can.POST_STOCK, run=fulfil,
        lawful=permits("fulfill"), own_form=FulfilForm, icon="local_shipping",
        explanation="What there is of all that is outstanding, from where it lies. Change "
        "quantities and places; what you leave empty stays outstanding.",
    ),
    RETURN_STEP,
    Step(
        is_aside=True,
        name="copy", title="Order again", permission=Can.MANAGE_SALES_ORDERS, run=order_again,
        icon="content_copy",
        explanation="The same goods for the same customer, at the prices of today.",
    ),
    Step(
        is_aside=True,
        name="reserve", title="Reserve", permission=Can.MANAGE_SALES_ORDERS, run=reserve,
        lawful=permits("reserve"), form=ReserveForm, icon="bookmark_add",
        explanation="The order waits for goods until then, and gets what there is in its turn.",
    ),
    Step(
        is_aside=True,
        name="allocate", title="Allocate", permission=Can.REALLOCATE_STOCK, run=allocate,
        lawful=permits("allocate"), icon="low_priority",
        explanation="It gets what less urgent orders have reserved; these wait instead.",
    ),
    Step(
        is_aside=True,
        name="cancel_quantities", title="Cancel quantities", permission=Can.MANAGE_SALES_ORDERS,
        run=cancel_quantities, lawful=permits("cancel"), form=OutstandingForm,
        icon="playlist_remove", is_final=True,
        explanation="What you enter is released and not delivered. This cannot be undone.",
    ),
    Step(
        is_aside=True,
        name="cancel", title="Cancel order", permission=Can.MANAGE_SALES_ORDERS, run=cancel,
        lawful=permits("cancel"), icon="block", is_final=True,
        explanation="What is not delivered yet is released. This cannot be undone.",
    ),
)  # fmt: skip
