"""The other orders of whoever ordered, on the page of an order."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q

from common.admin_columns import day
from common.admin_links import link_to, link_to_list
from common.admin_tables import PageTable
from common.documents.words import money
from sales.models import SalesOrder

SHOWN = 10
COLUMNS = ("Order", "Date", "Status", "Lines still to leave", "Total", "Channel")


def orders_of_customer(order: SalesOrder, user: Any) -> list[PageTable]:
    """Show the latest other orders of the same customer id, else of the same address."""
    if order.customer_id:
        same, customer = Q(customer_id=order.customer_id), order.customer_id
    elif order.customer_email:
        same, customer = Q(customer_email__iexact=order.customer_email), order.customer_email
    else:
        return []
    waiting = F("items__quantity_fulfilled") + F("items__quantity_cancelled")
    others = (
        SalesOrder.objects.visible_to(user)
        .filter(same)
        .exclude(pk=order.pk)
        .annotate(waiting=Count("items", filter=Q(items__quantity__gt=waiting)))
        .order_by("-order_date", "-pk")
    )
    return [
        PageTable(
            title=f"Other orders of {customer}",
            columns=COLUMNS,
            rows=[cells(other) for other in others[:SHOWN]],
            empty="None in your warehouses.",
            more=link_to_list(SalesOrder, f"?{urlencode({'q': customer})}", "All orders"),
        )
    ]


def cells(order: Any) -> list[Any]:
    return [
        link_to(order),
        day(order.order_date),
        order.get_status_display(),
        order.waiting,
        money(order.total_amount, order.currency),
        order.channel,
    ]
