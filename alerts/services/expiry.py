"""Alerts about lots in stock that expire soon or have expired."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction

from alerts.models import Alert
from alerts.queries import lot_situations
from alerts.services.expiry_findings import Judge, balance_of_cause
from alerts.services.incidents import AlertChanges, carry_out, compare, counted, lock_causes
from alerts.services.tell import tell_managers
from common.models import CompanySettings
from inventory.models import LotBalance, Stock
from inventory.models.lot import stock_day

CHUNK = 200


@transaction.atomic
def refresh_expiry_alerts(stock_ids: Iterable[int], *, notify: bool = True) -> AlertChanges:
    """Make the alerts about lots of these balances say what is true now.

    A lot in stock asks for an alert from the company's `expiry_warning_days` before its date on,
    and for another one, told anew, from the day after. The first is closed as `expired` then;
    either as `lot_gone` when nothing of the lot is left, or as `date_corrected`. A dismissed one
    keeps its cause quiet until then. With `notify`, what was raised is told as stock alerts are.

    Locks the balances' causes (advisory, in their order), then the alerts; never a balance.
    """
    ids = sorted(set(stock_ids))
    if not ids:
        return AlertChanges()
    lock_causes(ids)
    settings, today = CompanySettings.current(), stock_day()
    alerts = unfinished_alerts(ids)
    known = [balance_of_cause(alert.cause_key) for alert in alerts]
    last_day = today + timedelta(days=settings.expiry_warning_days)
    judge = Judge(today, settings.expiry_warning_days, settings.adjustment_limit_value)
    findings = {
        finding.cause_key: finding
        for row in lot_situations(ids, last_day, known)
        for finding in judge.findings(row)
    }
    plan = compare(findings, alerts)
    raised = carry_out(plan)
    if notify:
        tell_managers(raised)
    return counted(plan, raised)


def unfinished_alerts(stock_ids: Sequence[int]) -> list[Alert]:
    """Lock and return the alerts about lots of these balances."""
    places = set(Stock.objects.filter(pk__in=stock_ids).values_list("variation_id", "warehouse_id"))
    alerts = (
        Alert.objects.unfinished()
        .filter(
            alert_type=Alert.Type.EXPIRY_WARNING,
            variation__in={variation for variation, _ in places},
        )
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    return [alert for alert in alerts if (alert.variation_id, alert.warehouse_id) in places]


def sweep_expiry_alerts(*, notify: bool = True) -> AlertChanges:
    """Refresh every balance with a lot that expires soon or an unfinished alert, in chunks.

    Each chunk is a transaction of its own, so this may be interrupted, repeated, run twice at once.
    """
    days = CompanySettings.current().expiry_warning_days
    expiring = LotBalance.objects.filter(
        on_hand__gt=0, lot__expiration_date__lte=stock_day() + timedelta(days=days)
    )
    causes = Alert.objects.unfinished().filter(alert_type=Alert.Type.EXPIRY_WARNING)
    known = [balance_of_cause(key) for key in causes.values_list("cause_key", flat=True)]
    stock_ids = {*expiring.values_list("stock_id", flat=True)}
    stock_ids |= {*LotBalance.objects.filter(pk__in=known).values_list("stock_id", flat=True)}
    ordered, total = sorted(stock_ids), AlertChanges()
    for start in range(0, len(ordered), CHUNK):
        total.add(refresh_expiry_alerts(ordered[start : start + CHUNK], notify=notify))
    return total
