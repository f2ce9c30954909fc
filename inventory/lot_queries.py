"""Reads over lots."""

from typing import Any

from django.db.models import Case, Exists, OuterRef, Prefetch, Q, QuerySet, Value, When

from inventory.models import Lot, LotBalance
from inventory.models.lot import stock_day

LOT_STATUSES = ("available", "quarantined", "expired", "empty")


def visible_lots(user: Any) -> QuerySet[Any]:
    """Return the lots of a user's warehouses, with their balances there and how each stands.

    `status`: empty where nothing is left there; else expired by today's date; else available
    where some of it is not set aside; else quarantined.
    """
    own = LotBalance.objects.visible_to(user)
    in_stock = own.filter(lot=OuterRef("pk"), on_hand__gt=0)
    status = Case(
        When(~Exists(in_stock), then=Value("empty")),
        When(Q(expiration_date__lt=stock_day()), then=Value("expired")),
        When(Exists(in_stock.filter(quarantined=False)), then=Value("available")),
        default=Value("quarantined"),
    )
    return (
        Lot.objects.visible_to(user)
        .annotate(status=status)
        .select_related("variation__product")
        .prefetch_related(
            Prefetch("balances", own.select_related("stock__warehouse").order_by("stock"))
        )
        .order_by("pk")
    )
