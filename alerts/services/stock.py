"""Alerts about balances: raised, kept up to date, and closed when their cause is gone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from alerts.models import Alert
from alerts.queries import stock_situations
from alerts.services.stock_findings import Finding, find, stock_cause, stock_of_cause
from alerts.services.tell import tell_managers
from inventory.models import Stock
from notifications.stream_waker import wake_streams_after_commit

Type, Status = Alert.Type, Alert.Status
STOCK_TYPES = (Type.LOW_STOCK, Type.OUT_OF_STOCK)
CHUNK = 200
# Advisory locks share one space of 64-bit keys: ours start here and end at the last stock key.
CAUSE_LOCKS = 0x414C_0000_0000_0000
LOCK_CAUSES = """
    SELECT pg_advisory_xact_lock(%s + id)
    FROM (SELECT id FROM unnest(%s::bigint[]) AS id ORDER BY id OFFSET 0) AS causes"""
CLOSED_AS: dict[str, str] = {
    "": "stock_recovered",
    Type.OUT_OF_STOCK: "escalated",
    Type.LOW_STOCK: "eased",
}
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
    "updated_at",
]


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
    """What is to be done, found by comparing balances with the alerts there are."""

    now: datetime
    changed: list[Alert] = field(default_factory=list)
    closed: int = 0
    missing: list[Finding] = field(default_factory=list)
    eased: set[str] = field(default_factory=set)


@transaction.atomic
def refresh_stock_alerts(stock_ids: Iterable[int], *, notify: bool = True) -> AlertChanges:
    """Make the alerts about these balances say what is true now; any number in ten statements.

    available <= reorder point asks for one open alert: `out_of_stock` where available <= 0, else
    `low_stock`. A repeat updates it; from low to out the low one is closed as `escalated`; from
    out to low the out one is closed as `eased` and the new one is not told again; with the cause
    gone it is closed as `stock_recovered`. A dismissed alert keeps its cause quiet until then.
    With `notify`, what was raised is mailed and told in the app to the managers (see
    alert_recipients), once an alert and person.

    Locks the causes (advisory, in order of stock keys), so that the balance is read after
    whoever judged it before has committed; then the alerts. Never locks a balance: postings
    do not wait for this. The unique constraint holds one alert per cause against any writer.
    """
    ids = sorted(set(stock_ids))
    if not ids:
        return AlertChanges()
    lock_causes(ids)
    findings = {stock_cause(row["id"]): find(row) for row in stock_situations(ids)}
    plan = compare(findings, unfinished_alerts(findings))
    if plan.changed:
        Alert.objects.bulk_update(plan.changed, CHANGING)
    raised = raise_missing(plan)
    if raised or plan.changed:
        wake_streams_after_commit()
    if notify:
        tell_managers([alert for alert in raised if alert.cause_key not in plan.eased])
    return AlertChanges(
        raised=len(raised), updated=len(plan.changed) - plan.closed, closed=plan.closed
    )


def lock_causes(stock_ids: list[int]) -> None:
    """Wait for whoever judges the same balances; the locks end with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CAUSES, [CAUSE_LOCKS, stock_ids])


def unfinished_alerts(causes: Iterable[str]) -> list[Alert]:
    """Lock and return the alerts that stand for these causes."""
    return list(
        Alert.objects.unfinished()
        .filter(alert_type__in=STOCK_TYPES, cause_key__in=list(causes))
        .order_by("pk")
        .select_for_update(no_key=True)
    )


def compare(findings: dict[str, Finding], alerts: list[Alert]) -> Plan:
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
    alert.resolution_type = CLOSED_AS[finding.alert_type]


def raise_missing(plan: Plan) -> list[Alert]:
    """Insert the missing alerts and return those that are there thanks to us."""
    if not plan.missing:
        return []
    rows = [
        Alert(
            alert_type=finding.alert_type,
            severity=finding.severity,
            cause_key=finding.cause_key,
            product_id=finding.product_id,
            variation_id=finding.variation_id,
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
            alert_type__in=STOCK_TYPES,
            cause_key__in=[finding.cause_key for finding in plan.missing],
            created_at=plan.now,
        )
        .order_by("pk")
    )


def sweep_stock_alerts(*, notify: bool = True) -> AlertChanges:
    """Refresh every balance that is low or has an unfinished alert, in chunks.

    Raises what was missed and closes what is gone; each chunk is a transaction of its own, so
    this may be interrupted, repeated, and run twice at once.
    """
    stock_ids = set(Stock.objects.low().values_list("pk", flat=True))
    causes = Alert.objects.unfinished().filter(alert_type__in=STOCK_TYPES)
    stock_ids |= {stock_of_cause(key) for key in causes.values_list("cause_key", flat=True)}
    ordered, total = sorted(stock_ids), AlertChanges()
    for start in range(0, len(ordered), CHUNK):
        total.add(refresh_stock_alerts(ordered[start : start + CHUNK], notify=notify))
    return total
