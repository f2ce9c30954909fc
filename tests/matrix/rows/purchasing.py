"""Purchase orders: not for sales; managers and admins manage, staff receive."""

from decimal import Decimal

from common.models import CompanySettings
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from purchasing.services.returns import ReturnLine, return_to_supplier
from suppliers.models import Supplier
from tests.factories.purchasing import make_order
from tests.factories.users import UserFactory
from tests.matrix.table import Row, made

SEE = "200 200 200 403 200"
RECEIVE, FOREIGN_RECEIVE = "200 200 200 403 403", "200 404 404 403 403"
MANAGE, FOREIGN_MANAGE = "200 200 403 403 403", "200 404 403 403 403"


def order_in(place, status, **wanted):
    order = make_order(
        status=status,
        **{"acting_user": place.admin, **wanted},
        warehouse=place.warehouse,
        supplier=Supplier.objects.get(code=place["supplier"]),
        notes=place.secret("purchase-notes"),
    )
    return order.order_number


@made
def draft_purchase(place):
    return order_in(place, "draft")


@made
def sent_purchase(place):
    return order_in(place, "sent")


@made
def partial_purchase(place):
    return order_in(place, "partially_received")


@made
def waiting_purchase(place):
    """Make an order above the limit, by somebody who does not decide about it."""
    CompanySettings.objects.update_or_create(pk=1, defaults={"purchase_approval_limit": 1000})
    buyer = UserFactory(role="manager")
    return order_in(place, "draft", acting_user=buyer, tax_amount=2000)


@made
def received_purchase(place):
    return order_in(place, "received")


@made
def supplier_return(place):
    order = PurchaseOrder.objects.get(order_number=place["received_purchase"])
    line = ReturnLine(item_id=order.items.get().pk, quantity=Decimal(1), reason="damaged")
    returned = return_to_supplier(
        order=order, lines=[line], notes=place.secret("return-notes"), acting_user=place.admin
    )
    return returned.return_number


def new_return(place):
    item = PurchaseOrderItem.objects.filter(order__order_number=place["received_purchase"]).first()
    line = {"id": item.pk if item else 1, "quantity": 1, "reason": "damaged"}
    return {"order_number": place["received_purchase"], "items": [line]}


@made
def goods_receipt(place):
    order = PurchaseOrder.objects.get(order_number=order_in(place, "received"))
    return order.receipts.get().code


def new_order(place):
    return {
        "supplier_id": place["supplier"],
        "warehouse": place["warehouse"],
        "items": [{"sku": place["sku"], "quantity_ordered": 3, "unit_cost": 2}],
    }


def rows(path):
    detail, sent = path + "{draft_purchase}/", path + "{sent_purchase}/"
    return [
        Row("get", path, own=SEE),
        Row("get", path + "?warehouse={warehouse}", own=SEE, foreign=SEE),
        Row("get", path + "?supplier_id={supplier}", own=SEE),
        Row("get", detail, own=SEE, foreign="200 404 404 403 404"),
        Row("get", detail + "pdf/", own=SEE, foreign="200 404 404 403 404"),
        Row("post", path, own="201 201 403 403 403", foreign="201 400 403 403 403", body=new_order),
        *[
            Row(
                method,
                detail,
                own=MANAGE,
                foreign="200 404 404 403 403",
                body={"notes": "Changed"},
            )
            for method in ("put", "patch")
        ],
        Row(
            "patch",
            path + "{own.draft_purchase}/",
            own=MANAGE,
            foreign="200 400 400 403 403",
            body=lambda place: {"warehouse": place["warehouse"], "notes": "Changed"},
        ),
        Row("post", detail + "send/", own=MANAGE, foreign=FOREIGN_MANAGE),
        Row(
            "post",
            detail + "copy/",
            own="201 201 403 403 403",
            foreign="201 404 403 403 403",
        ),
        Row("post", sent + "confirm/", own=MANAGE, foreign=FOREIGN_MANAGE),
        Row("post", sent + "ship/", own=MANAGE, foreign=FOREIGN_MANAGE),
        Row("post", sent + "cancel/", own=MANAGE, foreign=FOREIGN_MANAGE),
        Row(
            "post",
            path + "{partial_purchase}/close/",
            own=MANAGE,
            foreign=FOREIGN_MANAGE,
            body={"reason": "Sold out"},
        ),
        Row("post", sent + "receive/", own=RECEIVE, foreign=FOREIGN_RECEIVE),
        Row(
            "post",
            path + "from-shortage/",
            own=MANAGE,
            foreign="200 400 403 403 403",
            body=lambda place: {"sales_orders": [place["sales_order"]], "dry_run": True},
        ),
        Row(
            "post",
            path + "from-reorder-list/",
            own=MANAGE,
            foreign="200 400 403 403 403",
            body=lambda place: {"warehouse": place["warehouse"], "dry_run": True},
        ),
        Row("post", path + "{waiting_purchase}/approve/", own=MANAGE, foreign=FOREIGN_MANAGE),
        Row(
            "post",
            path + "{waiting_purchase}/reject/",
            own=MANAGE,
            foreign=FOREIGN_MANAGE,
            body={"note": "No."},
        ),
    ]


RETURNS = "/api/supplier-returns/"
ROWS = [
    *rows("/api/purchase-orders/"),
    *rows("/api/orders/purchase/"),
    Row(
        "get",
        "/api/reorder-list/?warehouse={warehouse}",
        own=MANAGE,
        foreign="200 400 403 403 403",
    ),
    Row("get", "/api/reorder-list/?needed_by=customers", own=MANAGE),
    Row("get", RETURNS, own=SEE),
    Row("get", RETURNS + "?order={received_purchase}", own=SEE, foreign="200 400 400 403 400"),
    Row("get", RETURNS + "?warehouse={warehouse}", own=SEE, foreign=SEE),
    Row("get", RETURNS + "?supplier_id={supplier}", own=SEE),
    Row("get", RETURNS + "{supplier_return}/", own=SEE, foreign="200 404 404 403 404"),
    Row("get", RETURNS + "{supplier_return}/pdf/", own=SEE, foreign="200 404 404 403 404"),
    Row(
        "post",
        RETURNS,
        own="201 201 201 403 403",
        foreign="201 400 400 403 403",
        body=new_return,
    ),
]
