"""Sales orders and returns: not for viewers; sales and managers manage, staff deliver."""

from inventory.models import Stock
from sales.models import SalesOrder, SalesReturn
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.returns import return_goods
from tests.factories.inventory import VariationFactory
from tests.factories.sales import list_price, take_order
from tests.matrix.table import Row, made, shared

SEE, FOREIGN_SEE = "200 200 200 200 403", "200 404 404 404 403"
MANAGE, FOREIGN_MANAGE = "200 200 403 200 403", "200 404 403 404 403"
DELIVER, FOREIGN_DELIVER = "200 200 200 403 403", "200 404 404 403 403"
PRICES = "/api/sales-prices/"
ORDERS, RETURNS, FULFILMENTS = "/api/sales-orders/", "/api/sales-returns/", "/api/fulfilments/"
DETAIL = ORDERS + "{sales_order}/"


@made
def sales_order(place):
    variation = Stock.objects.get(pk=place["stock"]).variation
    order = take_order(
        (variation, 3),
        warehouse=place.warehouse,
        acting_user=place.admin,
        notes=place.secret("sales-notes"),
        customer_id=place.secret("customer"),
        customer_email=f"{place.secret('customer')}@example.com",
        promotion_details={"why": place.secret("promotion")},
    )
    return order.order_number


@made
def delivered_order(place):
    order = SalesOrder.objects.get(order_number=sales_order(place))
    fulfil_sales_order(order=order, acting_user=place.admin)
    return order.order_number


@made
def fulfilment(place):
    order = SalesOrder.objects.get(order_number=place["delivered_order"])
    return order.fulfilments.get().code


@shared
def sales_price(place):
    return list_price(VariationFactory(), 7).pk


@made
def sales_return(place):
    order = SalesOrder.objects.get(order_number=place["delivered_order"])
    returned = return_goods(
        order=order,
        lines=[LineRequest("line", "1", 1, "unwanted", "")],
        notes=place.secret("return-notes"),
        acting_user=place.admin,
    )
    return returned.return_number


@made
def set_aside(place):
    order = SalesOrder.objects.get(order_number=place["delivered_order"])
    returned = return_goods(
        order=order,
        lines=[LineRequest("line", "1", 1, "unwanted", "quarantine")],
        acting_user=place.admin,
    )
    return returned.return_number


def inspected(place):
    returned = SalesReturn.objects.filter(return_number=place["set_aside"]).first()
    key = returned.items.get().pk if returned else 1
    return {"items": [{"id": key, "quantity": 1, "disposition": "stock"}]}


def new_order(place):
    return {
        "warehouse": place["warehouse"],
        "customer_email": "ann@example.com",
        "items": [{"sku": place["sku"], "quantity": 1, "sale_price_per_unit": 5}],
    }


def new_return(place):
    items = [{"line": 1, "quantity": 1, "reason": "unwanted"}]
    return {"order_number": place["delivered_order"], "items": items}


ROWS = [
    Row("get", ORDERS, own=SEE),
    Row("get", ORDERS + "?warehouse={warehouse}", own=SEE, foreign=SEE),
    Row("get", DETAIL, own=SEE, foreign=FOREIGN_SEE),
    Row(
        "post",
        ORDERS,
        own="201 201 403 201 403",
        foreign="201 400 403 400 403",
        body=new_order,
    ),
    *[
        Row(
            method,
            DETAIL,
            own=MANAGE,
            foreign="200 404 404 404 403",
            body={"notes": "Changed"},
        )
        for method in ("put", "patch")
    ],
    Row(
        "patch",
        DETAIL,
        own=DELIVER,
        foreign="200 404 404 404 403",
        body={"status": "Fulfilled"},
    ),
    Row("get", DETAIL + "availability/", own=SEE, foreign=FOREIGN_SEE),
    Row("post", DETAIL + "fulfill/", own=DELIVER, foreign=FOREIGN_DELIVER),
    Row(
        "post",
        ORDERS + "{own.sales_order}/fulfill/",
        own=DELIVER,
        # Nothing of these goods is there, which only an admin may know.
        foreign="409 400 400 403 403",
        body=lambda place: {
            "items": [{"line": 1, "quantity": 1, "warehouse": place["warehouse"]}],
        },
    ),
    Row("get", FULFILMENTS, own=SEE),
    Row("get", FULFILMENTS + "?order={sales_order}", own=SEE, foreign="200 400 400 400 403"),
    Row("get", FULFILMENTS + "?warehouse={warehouse}", own=SEE, foreign=SEE),
    Row("get", FULFILMENTS + "{fulfilment}/", own=SEE, foreign=FOREIGN_SEE),
    Row("post", DETAIL + "cancel/", own=MANAGE, foreign=FOREIGN_MANAGE),
    Row(
        "post",
        DETAIL + "copy/",
        own="201 201 403 201 403",
        foreign="201 404 403 404 403",
    ),
    Row("post", DETAIL + "reserve/", own=MANAGE, foreign=FOREIGN_MANAGE),
    Row(
        "post",
        DETAIL + "allocate/",
        own="200 200 403 403 403",
        foreign="200 404 403 403 403",
    ),
    Row("get", DETAIL + "pick-list/", own=SEE, foreign=FOREIGN_SEE),
    Row(
        "get",
        ORDERS + "{delivered_order}/packing-slip/",
        own=SEE,
        foreign=FOREIGN_SEE,
    ),
    Row("get", PRICES, own="200 200 200 200 200"),
    Row("get", PRICES + "{sales_price}/", own="200 200 200 200 200"),
    Row(
        "post",
        PRICES,
        own="201 201 403 403 403",
        body=lambda place: {"sku": place.own["sku"], "price": 7},
    ),
    *[
        Row(method, PRICES + "{sales_price}/", own="200 200 403 403 403", body={"price": 8})
        for method in ("put", "patch")
    ],
    Row("delete", PRICES + "{sales_price}/", own="204 204 403 403 403"),
    Row("get", RETURNS, own=SEE),
    Row("get", RETURNS + "?order={sales_order}", own=SEE, foreign="200 400 400 400 403"),
    Row("get", RETURNS + "?warehouse={warehouse}", own=SEE, foreign=SEE),
    Row("get", RETURNS + "{sales_return}/", own=SEE, foreign=FOREIGN_SEE),
    Row(
        "post",
        RETURNS + "{set_aside}/inspect/",
        own=DELIVER,
        foreign=FOREIGN_DELIVER,
        body=inspected,
    ),
    Row(
        "post",
        RETURNS,
        own="201 201 201 403 403",
        foreign="201 400 400 403 403",
        body=new_return,
    ),
]
