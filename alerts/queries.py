"""What alerts are about: the state of balances, and who should hear of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from common.permissions import Can, Role
from inventory.models import LotBalance, MovementReversal, Stock, StockMovement
from users.models import User
from warehouses.models import Membership, Warehouse

DEMAND_DAYS = 28
QUANTITY = DecimalField(max_digits=14, decimal_places=3)


def stock_situations(stock_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return one row a balance: what is there, its reorder point, and the demand of 28 days.

    Demand is only summed for balances that are low, and without issues that were reversed.
    """
    issued = (
        StockMovement.objects.filter(
            stock=OuterRef("pk"),
            variation=OuterRef("variation"),
            movement_type=StockMovement.Type.OUTBOUND,
            occurred_at__gte=timezone.now() - timedelta(days=DEMAND_DAYS),
        )
        .exclude(Exists(MovementReversal.objects.filter(movement=OuterRef("pk"))))
        .order_by()
        .values("stock")
        .annotate(total=Sum("quantity"))
        .values("total")
    )
    return list(
        Stock.objects.filter(pk__in=stock_ids)
        .annotate(
            available_now=F("on_hand") - F("reserved") - F("unavailable"),
            issued=Case(
                When(
                    is_low=True, then=Coalesce(Subquery(issued), Decimal(0), output_field=QUANTITY)
                ),
                default=Decimal(0),
                output_field=QUANTITY,
            ),
        )
        .order_by("pk")
        .values(
            "id",
            "variation_id",
            "warehouse_id",
            "reorder_point",
            "is_low",
            "available_now",
            "issued",
            product_id=F("variation__product_id"),
            product_name=F("variation__product__name"),
            sku=F("variation__sku_code"),
            unit=F("variation__stock_unit"),
            warehouse_code=F("warehouse__code"),
        )
    )


def lot_situations(
    stock_ids: Sequence[int], last_day: date, balance_ids: Iterable[int] = ()
) -> list[dict[str, Any]]:
    """Return one row a lot of these balances that is in stock and expires until `last_day`.

    So, too, the lot balances of `balance_ids`, whatever became of them.
    """
    expiring = Q(on_hand__gt=0, lot__expiration_date__lte=last_day)
    return list(
        LotBalance.objects.filter(expiring | Q(pk__in=list(balance_ids)), stock__in=stock_ids)
        .order_by("pk")
        .values(
            "id",
            "on_hand",
            lot_number=F("lot__lot_number"),
            expires=F("lot__expiration_date"),
            unit_cost=F("stock__average_cost"),
            variation_id=F("stock__variation_id"),
            warehouse_id=F("stock__warehouse_id"),
            product_id=F("stock__variation__product_id"),
            product_name=F("stock__variation__product__name"),
            sku=F("stock__variation__sku_code"),
            unit=F("stock__variation__stock_unit"),
            warehouse_code=F("stock__warehouse__code"),
        )
    )


def alert_recipients(warehouse_ids: Iterable[int]) -> dict[int, list[User]]:
    """Return who is told of each warehouse's alerts.

    Those among its members who may order goods, by their role or a group, and the warehouse's own
    manager; where there is none, the administrators. Nobody whose account is not in use.
    """
    wanted = set(warehouse_ids)
    able = User.objects.who_can(Can.MANAGE_PURCHASE_ORDERS).exclude(role=Role.ADMIN.value)
    members = Membership.objects.filter(warehouse__in=wanted, user__in=able)
    heads = Warehouse.objects.filter(pk__in=wanted, manager__isnull=False)
    pairs = {*members.values_list("warehouse_id", "user_id")}
    pairs |= {*heads.values_list("pk", "manager_id")}
    people = {
        user.pk: user
        for user in User.objects.active()
        .filter(Q(pk__in={user_id for _, user_id in pairs}) | Q(role=Role.ADMIN.value))
        .order_by("pk")
    }
    told: dict[int, list[User]] = defaultdict(list)
    for warehouse_id, user_id in sorted(pairs):
        if user_id in people:
            told[warehouse_id].append(people[user_id])
    admins = [user for user in people.values() if user.role == Role.ADMIN.value]
    return {warehouse_id: told[warehouse_id] or admins for warehouse_id in wanted}
