"""One incident a cause: findings compared with the alerts there are, and written.

Whatever alerts are about, a judge makes a Finding a cause; here it is raised, kept up to date, and
closed when the cause is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from alerts.models import Alert
from notifications.stream_waker import wake_streams_after_commit

Type, Status = Alert.Type, Alert.Status
# Advisory locks share one space of 64-bit keys: ours start here and end at the last key of a
# balance, and of a purchase order.
CAUSE_LOCKS = 0x414C_0000_0000_0000
ORDER_LOCKS = 0x414D_0000_0000_0000
LOCK_CAUSES = """
    SELECT pg_advisory_xact_lock(%s + id)
    FROM (SELECT id FROM unnest(%s::bigint[]) AS id ORDER BY id OFFSET 0) AS causes"""
CHANGING = [
    "status",
    "severity",
    "title",
    "message",
    "current_value",
    "threshold_value",
    "resolved_at",
    "cause_ended_at",
    "resolution_type",
    "resolution_notes",
    "reference_id",
    "updated_at",
]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The alert that a cause deserves now, or none (`alert_type` is empty).

    closed_as: how an alert ends whose cause is this one no longer.
    reference_id: the document that ended it.
    """

    cause_key: str
    alert_type: str
    severity: str
    title: str
    message: str
    current_value: Decimal | None
    threshold_value: Decimal | None
    product_id: int | None = None
    variation_id: int | None = None
    supplier_id: int | None = None
    warehouse_id: int | None = None
    closed_as: str
    reference_id: str = ""


@dataclass
class AlertChanges:
    """How many alerts a refresh raised, brought up to date and closed."""

    raised: int = 0
    updated: int = 0
    closed: int = 0

    def add(self, other: "AlertChanges") -> None:
        self.raised += other.raised
        self.updated += other.updated
        self.closed += other.closed


@dataclass
class Plan:
    """What is to be done, found by comparing causes with the alerts there are."""

    now: datetime
    changed: list[Alert] = field(default_factory=list)
    closed: int = 0
    missing: list[Finding] = field(default_factory=list)
    eased: set[str] = field(default_factory=set)


def lock_causes(keys: list[int], first_lock: int = CAUSE_LOCKS) -> None:
    """Wait for whoever judges the same balances or orders; the locks end with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CAUSES, [first_lock, keys])


def compare(findings: dict[str, Finding], alerts: Iterable[Alert]) -> Plan:
    """Find what to change in the alerts there are, and which are missing."""
    plan = Plan(timezone.now())
    standing = set()
    for alert in alerts:
        finding = findings[alert.cause_key]
        if finding.alert_type == alert.alert_type:
            standing.add(alert.cause_key)
            bring_up_to_date(alert, finding, plan)
        elif finding.alert_type == Type.OUT_OF_STOCK and alert.status == Status.DISMISSED:
            continue  # still low, only worse: the dismissal of `low_stock` holds
        else:
            end(alert, finding, plan)
    for cause, finding in findings.items():
        if finding.alert_type and cause not in standing:
            plan.missing.append(finding)
    return plan


def bring_up_to_date(alert: Alert, finding: Finding, plan: Plan) -> None:
    if alert.status == Status.DISMISSED or alert.message == finding.message:
        return
    alert.severity, alert.title, alert.message = finding.severity, finding.title, finding.message
    alert.current_value, alert.threshold_value = finding.current_value, finding.threshold_value
    alert.updated_at = plan.now
    plan.changed.append(alert)


def end(alert: Alert, finding: Finding, plan: Plan) -> None:
    """Close an alert whose cause is gone or has become another."""
    alert.cause_ended_at = alert.updated_at = plan.now
    plan.changed.append(alert)
    plan.closed += 1
    if finding.alert_type == Type.LOW_STOCK:
        plan.eased.add(alert.cause_key)
    if alert.status == Status.DISMISSED:
        return
    alert.status, alert.resolved_at = Status.RESOLVED, plan.now
    alert.resolution_notes = finding.message[:500]
    alert.resolution_type, alert.reference_id = finding.closed_as, finding.reference_id


def carry_out(plan: Plan) -> list[Alert]:
    """Write what a plan changes; insert what is missing and return what is there thanks to us."""
    if plan.changed:
        Alert.objects.bulk_update(plan.changed, CHANGING)
    raised = raise_missing(plan) if plan.missing else []
    if raised or plan.changed:
        wake_streams_after_commit()
    return raised


def raise_missing(plan: Plan) -> list[Alert]:
    """Insert the missing alerts and return those that are there thanks to us."""
    rows = [
        Alert(
            alert_type=finding.alert_type,
            severity=finding.severity,
            cause_key=finding.cause_key,
            product_id=finding.product_id,
            variation_id=finding.variation_id,
            supplier_id=finding.supplier_id,
            warehouse_id=finding.warehouse_id,
            title=finding.title,
            message=finding.message,
            current_value=finding.current_value,
            threshold_value=finding.threshold_value,
            action_required=True,
            created_at=plan.now,
        )
        for finding in plan.missing
    ]
    Alert.objects.bulk_create(rows, ignore_conflicts=True)
    return list(
        Alert.objects.open()
        .filter(
            alert_type__in={finding.alert_type for finding in plan.missing},
            cause_key__in=[finding.cause_key for finding in plan.missing],
            created_at=plan.now,
        )
        .order_by("pk")
    )


def counted(plan: Plan, raised: list[Alert]) -> AlertChanges:
    return AlertChanges(
        raised=len(raised), updated=len(plan.changed) - plan.closed, closed=plan.closed
    )
