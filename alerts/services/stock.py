"""Alerts about balances: raised, kept up to date, and closed when their cause is gone."""

from collections.abc import Iterable

from django.db import transaction

from alerts.models import Alert
from alerts.queries import stock_situations
from alerts.services.incidents import (
    AlertChanges,
    carry_out,
    compare,
    counted,
    lock_causes,
)
from alerts.services.stock_findings import find, stock_cause, stock_of_cause
from alerts.services.tell import tell_managers
from inventory.models import Stock

STOCK_TYPES = (Alert.Type.LOW_STOCK, Alert.Type.OUT_OF_STOCK)
CHUNK = 200


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
    raised = carry_out(plan)
    if notify:
        tell_managers([alert for alert in raised if alert.cause_key not in plan.eased])
    return counted(plan, raised)


def unfinished_alerts(causes: Iterable[str]) -> list[Alert]:
    """Lock and return the alerts that stand for these causes."""
    return list(
        Alert.objects.unfinished()
        .filter(alert_type__in=STOCK_TYPES, cause_key__in=list(causes))
        .order_by("pk")
        .select_for_update(no_key=True)
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
