"""Alerts about purchase orders whose goods are late: raised daily, closed with their cause."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q

from alerts.models import Alert
from alerts.services.incidents import (
    ORDER_LOCKS,
    AlertChanges,
    Finding,
    carry_out,
    compare,
    counted,
    lock_causes,
)
from alerts.services.tell import tell_managers
from purchasing.models import PurchaseOrder

Severity, Type = Alert.Severity, Alert.Type
CHUNK = 200
SEVERITIES = ((14, Severity.CRITICAL), (7, Severity.HIGH), (3, Severity.MEDIUM))
ENDED_AS = {"received": "received", "cancelled": "cancelled"}


@transaction.atomic
def refresh_late_deliveries(order_ids: Iterable[int], *, notify: bool = True) -> AlertChanges:
    """Make the alerts about these orders say what is true now.

    A late order asks for one open alert (`current_value`: days late); a repeat updates it. With
    all received, the order cancelled or a new date that has not passed it is closed as `received`,
    `cancelled` or `rescheduled`, with the order's number. A dismissed alert stays quiet until
    then. With `notify`, what was raised is mailed and told to the managers, once an alert and
    person. Waits for whoever judges the same orders, then locks the alerts; locks no order.
    """
    ids = sorted(set(order_ids))
    if not ids:
        return AlertChanges()
    lock_causes(ids, ORDER_LOCKS)
    findings = {finding.cause_key: finding for finding in map(judge, orders_with_lines(ids))}
    plan = compare(findings, unfinished_alerts(findings))
    raised = carry_out(plan)
    if notify:
        tell_managers(raised)
    return counted(plan, raised)


def order_cause(order_id: int) -> str:
    return f"purchase_order:{order_id}"


def order_of_cause(cause_key: str) -> int:
    return int(cause_key.removeprefix("purchase_order:"))


def orders_with_lines(ids: Sequence[int]) -> Any:
    """Return orders with the numbers of their lines, and of those that lack something."""
    lacking = Q(items__quantity_received__lt=F("items__quantity_ordered"))
    return (
        PurchaseOrder.objects.filter(pk__in=ids)
        .select_related("supplier")
        .annotate(all_lines=Count("items"), outstanding_lines=Count("items", filter=lacking))
        .order_by("pk")
    )


def judge(order: Any) -> Finding:
    """Say what an order gives reason to say."""
    title = f"Late Delivery: {order.order_number} from {order.supplier.company_name}"
    return Finding(
        cause_key=order_cause(order.pk),
        alert_type=Type.LATE_DELIVERY if order.is_late else "",
        severity=severity_of(order.days_late),
        title=title if len(title) <= 200 else f"{title[:199]}…",
        message=message_of(order),
        current_value=Decimal(order.days_late),
        threshold_value=None,
        supplier_id=order.supplier_id,
        warehouse_id=order.warehouse_id,
        closed_as=ENDED_AS.get(order.status, "rescheduled"),
        reference_id=order.order_number,
    )


def severity_of(days: int) -> str:
    """Return how bad it is: 3 days late medium, a week high, two weeks critical, else low."""
    return next((name for least, name in SEVERITIES if days >= least), Severity.LOW)


def message_of(order: Any) -> str:
    expected, days = f"{order.expected_delivery_date:%Y-%m-%d}", order.days_late
    if not order.is_late:
        word = ENDED_AS.get(order.status, f"expected on {expected}")
        return f"Resolved by itself: {order.order_number} is {word}."
    return (
        f"{order.order_number} was expected on {expected}, {days} "
        f"{'day' if days == 1 else 'days'} ago; {order.outstanding_lines} of {order.all_lines} "
        f"lines have not come in whole."
    )


def unfinished_alerts(causes: Iterable[str]) -> list[Alert]:
    """Lock and return the alerts that stand for these causes."""
    return list(
        Alert.objects.unfinished()
        .filter(alert_type=Type.LATE_DELIVERY, cause_key__in=list(causes))
        .order_by("pk")
        .select_for_update(no_key=True)
    )


def sweep_late_deliveries(*, notify: bool = True) -> AlertChanges:
    """Refresh every order that is late or has an unfinished alert about it, in chunks.

    Each chunk is a transaction of its own, so this may be interrupted, repeated and run twice.
    """
    order_ids = set(PurchaseOrder.objects.late().values_list("pk", flat=True))
    causes = Alert.objects.unfinished().filter(alert_type=Type.LATE_DELIVERY)
    order_ids |= {order_of_cause(key) for key in causes.values_list("cause_key", flat=True)}
    ordered, total = sorted(order_ids), AlertChanges()
    for start in range(0, len(ordered), CHUNK):
        total.add(refresh_late_deliveries(ordered[start : start + CHUNK], notify=notify))
    return total
