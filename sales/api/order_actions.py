"""What is done with an order beside changing it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import checked_body
from common.permissions import Can
from inventory.services.movements import checked_time
from sales.api.bodies import FulfilInput, LineInput, OrderCancelInput, ReserveInput
from sales.api.serializers import (
    AllocationAnswer,
    AvailabilityAnswer,
    LineAvailabilitySerializer,
    SalesOrderAnswer,
)
from sales.availability import availability_of
from sales.services.cancellation import cancel_sales_order
from sales.services.copies import copy_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.reservations import allocate_stock, reserve_sales_order
from warehouses.queries import member_warehouses


class OrderActions:
    """Delivering, cancelling and reserving; mixed into the viewset of sales orders."""

    permissions = {
        "availability": Can.VIEW_SALES_ORDERS,
        "fulfill": Can.POST_STOCK,
        "cancel": Can.MANAGE_SALES_ORDERS,
        "reserve": Can.MANAGE_SALES_ORDERS,
        "allocate": Can.REALLOCATE_STOCK,
        "copy": Can.MANAGE_SALES_ORDERS,
    }
    get_object: Any
    answer: Any

    @extend_schema(responses=AvailabilityAnswer)
    @action(detail=True, methods=["get"])
    def availability(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Propose from which of the caller's warehouses each outstanding line can be shipped."""
        order = self.get_object()
        lines = availability_of(order, request.user)
        proposed = [
            {"line": line.item.position, "quantity": offer.quantity, "warehouse": offer.warehouse}
            for line in lines
            for offer in line.proposal
        ]
        answer = {
            "order_number": order.order_number,
            "warehouse": order.warehouse.code,
            "is_complete": not any(line.short for line in lines),
            "items": LineAvailabilitySerializer(lines, many=True).data,
            "proposed_items": proposed,
        }
        return Response(answer)

    @extend_schema(request=FulfilInput, responses=SalesOrderAnswer)
    @action(detail=True, methods=["post"])
    def fulfill(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Deliver all that is outstanding, or the quantities of the items named.

        An item may leave another warehouse that the caller works in.
        """
        body = checked_body(FulfilInput, request)
        order = self.get_object()
        fulfilment = fulfil_sales_order(
            order=order,
            lines=(None if "items" not in body else line_requests(body["items"], request.user)),
            occurred_at=checked_time(body.get("occurred_at"), request.user, "occurred_at"),
            acting_user=request.user,
        )
        return self.answer(order, "Sales order fulfilled", fulfilment=fulfilment.code)

    @extend_schema(request=OrderCancelInput, responses=SalesOrderAnswer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Cancel all that is not delivered yet, or the quantities of the items named."""
        body = checked_body(OrderCancelInput, request)
        order = cancel_sales_order(
            order=self.get_object(),
            lines=None if "items" not in body else line_requests(body["items"]),
            acting_user=request.user,
        )
        return self.answer(order, "Sales order cancelled")

    @extend_schema(request=ReserveInput, responses=SalesOrderAnswer)
    @action(detail=True, methods=["post"])
    def reserve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let the order wait for goods again, or for longer, and reserve what there is for it."""
        body = checked_body(ReserveInput, request)
        order = reserve_sales_order(
            order=self.get_object(),
            reserved_until=body.get("reserved_until"),
            acting_user=request.user,
        )
        return self.answer(order, "Sales order reserved")

    @extend_schema(request=None, responses=AllocationAnswer)
    @action(detail=True, methods=["post"])
    def allocate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Reserve for the order what less urgent orders of its warehouse hold."""
        done = allocate_stock(order=self.get_object(), acting_user=request.user)
        taken = [
            {"order_number": one.order_number, "line": one.line, "quantity": one.quantity}
            for one in done.taken
        ]
        return self.answer(done.order, "Stock allocated", taken_from=taken)

    @extend_schema(request=None, responses={201: SalesOrderAnswer})
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take the same order again, at the prices of today; what is available is reserved."""
        order = copy_sales_order(order=self.get_object(), acting_user=request.user)
        return self.answer(order, "Sales order taken again", 201)


def line_requests(items: list[dict[str, Any]], user: Any = None) -> list[LineRequest]:
    """Return the lines that a body names, each by the first key that it gives.

    Raises InvalidInput on warehouses in which the user does not work.
    """
    places = member_warehouses(
        {
            f"items.{index}.warehouse": item["warehouse"]
            for index, item in enumerate(items)
            if item.get("warehouse")
        },
        user,
    )
    requests = []
    for index, item in enumerate(items):
        key = next(key for key in LineInput.KEYS if item.get(key))
        requests.append(
            LineRequest(
                key,
                item[key],
                item["quantity"],
                item.get("reason", ""),
                item.get("disposition", ""),
                item.get("lot_number", ""),
                places.get(f"items.{index}.warehouse"),
            )
        )
    return requests
