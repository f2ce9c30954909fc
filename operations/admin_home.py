"""The admin site's first page: what waits today, in the user's own warehouses."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Q, Value, When, Window
from django.http import HttpRequest
from django.urls import reverse

from alerts.models import Alert
from common.admin_columns import day, plain
from common.admin_links import page_of
from common.permissions import Can
from inventory.admin.transfers import to_decide, to_receive, to_ship
from inventory.models import AdjustmentRequest, Stock, StockCount, TransferRequest
from notifications.models import OutboxMessage
from operations.task_pages import page_of_task
from purchasing.models import PurchaseOrder, PurchaseRequest
from sales.admin.orders import ready_to_fulfil
from sales.models import SalesOrder
from users.models import User
from warehouses.models import PromotionRequest
from warehouses.open_tasks import taken_over_by

SHOWN = 6
WORST_FIRST = Case(
    *(When(severity=one, then=Value(-place)) for place, one in enumerate(Alert.Severity)),
    default=Value(0),
)
NOTHING_LEFT = Q(on_hand__lte=F("reserved") + F("unavailable"))


class Row(NamedTuple):
    """One line of a list: where it leads, what it is, what is to be said of it."""

    link: str
    name: str
    text: str


class Waiting(NamedTuple):
    """One kind of work: how much of it there is, and the most urgent rows."""

    title: str
    icon: str
    number: int
    link: str
    rows: list[Row]
    is_urgent: bool = False


def with_what_waits(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the page's context what the user's role can do something about; one query a kind."""
    user: Any = request.user
    context["waiting"] = [
        card for permission, find in KINDS if user.can(permission) for card in find(user)
    ]
    return context


def low_balances(user: Any) -> list[Waiting]:
    """Balances at or below their reorder point, and those of them with nothing left."""
    rows = list(
        Stock.objects.visible_to(user)
        .low()
        .select_related("variation__product", "warehouse")
        .annotate(
            left=F("on_hand") - F("reserved") - F("unavailable"),
            number=Window(Count("pk")),
            empty=Window(Count("pk", filter=NOTHING_LEFT)),
        )
        .order_by("left", "pk")[:SHOWN]
    )
    shown = [
        Row(
            page_of(row.variation.product),
            row.variation.full_name,
            f"{plain(row.left)} left in {row.warehouse.code}, reorder at "
            f"{plain(row.reorder_point)}"
            + (f", {plain(row.incoming)} on the way" if row.incoming else ""),
        )
        for row in rows
    ]
    empty = rows[0].empty if rows else 0
    link = listing("inventory_stock")
    return [
        Waiting("Out of stock", "production_quantity_limits", empty, f"{link}?level=out", [], True),
        Waiting("Low stock", "trending_down", total(rows), f"{link}?level=low", shown),
    ]


def late_purchases(user: Any) -> list[Waiting]:
    orders = PurchaseOrder.objects.visible_to(user).late().select_related("supplier")
    rows = counted(orders, "expected_delivery_date")
    shown = [
        Row(
            page_of(row),
            str(row),
            f"{row.supplier.company_name}, expected {day(row.expected_delivery_date)}",
        )
        for row in rows
    ]
    link = f"{listing('purchasing_purchaseorder')}?due=overdue"
    return [Waiting("Late purchase orders", "event_busy", total(rows), link, shown, True)]


def ready_orders(user: Any) -> list[Waiting]:
    orders = ready_to_fulfil(SalesOrder.objects.visible_to(user)).select_related("warehouse")
    rows = counted(orders, "order_date")
    shown = [
        Row(
            page_of(row),
            str(row),
            f"{row.customer_email or row.customer_id or 'Customer'}, from {row.warehouse.code}, "
            f"ordered {day(row.order_date)}",
        )
        for row in rows
    ]
    link = f"{listing('sales_salesorder')}?delivery=ready"
    return [Waiting("Ready to fulfil", "package_2", total(rows), link, shown)]


def open_alerts(user: Any) -> list[Waiting]:
    alerts = Alert.objects.visible_to(user).filter(status=Alert.Status.ACTIVE)
    rows = counted(alerts.select_related("warehouse"), WORST_FIRST, "-created_at")
    shown = [
        Row(
            page_of(row),
            row.title,
            f"{row.get_severity_display()}" + (f", {row.warehouse.code}" if row.warehouse else ""),
        )
        for row in rows
    ]
    link = f"{listing('alerts_alert')}?status__exact=active"
    return [Waiting("Open alerts", "notifications_active", total(rows), link, shown)]


def waiting_registrations(user: Any) -> list[Waiting]:
    people = User.objects.visible_to(user).filter(status=User.Status.PENDING)
    rows = counted(people.select_related("registration__warehouse"), "created_at")
    shown = [Row(page_of(row), str(row), asked_for(row)) for row in rows]
    link = f"{listing('users_user')}?waits=approval"
    return [Waiting("Asking to be let in", "person_add", total(rows), link, shown)]


def asked_for(person: User) -> str:
    asked = getattr(person, "registration", None)
    place = asked.warehouse.code if asked and asked.warehouse else "no warehouse"
    return f"{person.get_full_name() or person.email}, as {person.role} in {place}"


def waiting_promotions(user: Any) -> list[Waiting]:
    requests = PromotionRequest.objects.visible_to(user).filter(
        state=PromotionRequest.State.PENDING
    )
    rows = counted(requests.select_related("user", "warehouse", "requested_by"), "created_at")
    shown = [
        Row(
            page_of(row),
            f"{row.code} {row.user}",
            f"manager in {row.warehouse.code}, asked by {row.requested_by}",
        )
        for row in rows
    ]
    link = f"{listing('warehouses_promotionrequest')}?state__exact=pending"
    return [Waiting("Promotions to decide", "trending_up", total(rows), link, shown)]


def dead_messages(user: Any) -> list[Waiting]:
    rows = counted(OutboxMessage.objects.filter(status=OutboxMessage.Status.DEAD), "-pk")
    shown = [Row(page_of(row), row.topic, row.last_error[:80]) for row in rows]
    link = f"{listing('notifications_outboxmessage')}?status__exact=dead"
    return [Waiting("Undeliverable messages", "unsubscribe", total(rows), link, shown, True)]


def transfers_to_decide(user: Any) -> list[Waiting]:
    transfers = to_decide(TransferRequest.objects.visible_to(user), user)
    return [transfer_card("Transfers to decide", "rule", transfers, "decision")]


def transfers_to_move(user: Any) -> list[Waiting]:
    """Transfers that the user's own warehouses ship or receive."""
    transfers = TransferRequest.objects.visible_to(user)
    arriving, leaving = to_receive(transfers, user), to_ship(transfers, user)
    return [
        transfer_card("Transfers to ship", "outbound", leaving, "shipping"),
        transfer_card("Transfers to receive", "move_to_inbox", arriving, "arrival"),
    ]


def transfer_card(title: str, icon: str, transfers: Any, waits: str) -> Waiting:
    rows = counted(transfers.select_related("from_warehouse", "to_warehouse"), "created_at")
    shown = [
        Row(
            page_of(row),
            str(row),
            f"{row.from_warehouse.code} to {row.to_warehouse.code}, "
            f"asked for {day(row.created_at)}",
        )
        for row in rows
    ]
    link = f"{listing('inventory_transferrequest')}?waits={waits}"
    return Waiting(title, icon, total(rows), link, shown)


def adjustments_to_decide(user: Any) -> list[Waiting]:
    found = AdjustmentRequest.objects.visible_to(user).filter(status="pending")
    rows = counted(found.select_related("warehouse", "requested_by"), "created_at")
    shown = [
        Row(
            page_of(row),
            str(row),
            f"{row.warehouse.code}, worth {row.value:,.2f}, by {row.requested_by}",
        )
        for row in rows
    ]
    link = f"{listing('inventory_adjustmentrequest')}?status__exact=pending"
    return [Waiting("Adjustments to decide", "tune", total(rows), link, shown)]


def requests_to_decide(user: Any) -> list[Waiting]:
    found = PurchaseRequest.objects.visible_to(user).pending()
    rows = counted(found.select_related("warehouse", "requested_by"), "needed_by", "created_at")
    shown = [
        Row(
            page_of(row),
            str(row),
            f"{row.warehouse.code}, by {row.requested_by}"
            + (f", needed by {day(row.needed_by)}" if row.needed_by else ""),
        )
        for row in rows
    ]
    link = f"{listing('purchasing_purchaserequest')}?status__exact=pending"
    return [Waiting("Purchase requests to decide", "pan_tool_alt", total(rows), link, shown)]


def counts_going_on(user: Any) -> list[Waiting]:
    return [count_card(user, "Counts going on", "barcode_scanner", "counting")]


def counts_to_decide(user: Any) -> list[Waiting]:
    return [count_card(user, "Counts to decide", "fact_check", "submitted")]


def count_card(user: Any, title: str, icon: str, status: str) -> Waiting:
    found = StockCount.objects.visible_to(user).filter(status=status)
    rows = counted(found.select_related("warehouse", "assigned_to"), "created_at")
    shown = [
        Row(
            page_of(row),
            str(row),
            f"{row.warehouse.code}, opened {day(row.created_at)}"
            + (f", {row.accuracy_percent} % right" if row.lines_counted else "")
            + (f", given to {row.assigned_to}" if row.assigned_to else ""),
        )
        for row in rows
    ]
    link = f"{listing('inventory_stockcount')}?status__exact={status}"
    return Waiting(title, icon, total(rows), link, shown)


def tasks_taken_over(user: Any) -> list[Waiting]:
    """What was handed over to the user and is not finished."""
    taken = taken_over_by(user, seen_by=user, first=SHOWN)
    shown = [
        Row(
            page_of_task(task),
            task.title,
            f"begun by {task.taken_over_from}" + (f", {task.warehouse}" if task.warehouse else ""),
        )
        for task in taken.tasks[:SHOWN]
    ]
    link = f"{reverse('admin:own_account')}#handed-over"
    return [Waiting("Handed over to you", "move_item", taken.number, link, shown)] if shown else []


KINDS: list[tuple[Can, Callable[[Any], list[Waiting]]]] = [
    (Can.VIEW_STOCK, low_balances),
    (Can.VIEW_PURCHASE_ORDERS, late_purchases),
    (Can.VIEW_SALES_ORDERS, ready_orders),
    (Can.DECIDE_TRANSFERS, transfers_to_decide),
    (Can.POST_STOCK, transfers_to_move),
    (Can.DECIDE_STOCK_CORRECTIONS, adjustments_to_decide),
    (Can.DECIDE_GOODS_REQUESTS, requests_to_decide),
    (Can.POST_STOCK, counts_going_on),
    (Can.DECIDE_STOCK_CORRECTIONS, counts_to_decide),
    (Can.VIEW_STOCK, open_alerts),
    (Can.MANAGE_PEOPLE, waiting_registrations),
    (Can.MANAGE_USERS, waiting_promotions),
    (Can.MANAGE_SETTINGS, dead_messages),
    (Can.SIGN_IN, tasks_taken_over),
]


def counted(rows: Any, *ordering: Any) -> list[Any]:
    """Return the first rows, each with the `number` of all, in one query."""
    return list(rows.annotate(number=Window(Count("pk"))).order_by(*ordering, "pk")[:SHOWN])


def total(rows: list[Any]) -> int:
    return rows[0].number if rows else 0


def listing(model: str) -> str:
    return reverse(f"admin:{model}_changelist")
