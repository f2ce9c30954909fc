"""The product's figures for Prometheus, read from the database when somebody asks."""

from collections.abc import Callable, Iterator

from django.db import DatabaseError, connection, transaction
from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from alerts.models import Alert
from operations.task_counts import task_counts

PREFIX = "inventorypulse"
SECONDS = 3
OUTBOX = """
    SELECT channel, count(*) FILTER (WHERE status = 'pending'),
           count(*) FILTER (WHERE status = 'dead'),
           COALESCE(EXTRACT(epoch FROM clock_timestamp()
                            - min(created_at) FILTER (WHERE status = 'pending')), 0)
    FROM (
        SELECT channel, status, created_at FROM notifications_outboxmessage
        UNION ALL SELECT 'webhook', status, created_at FROM operations_webhookdelivery
    ) AS messages
    WHERE status IN ('pending', 'dead') GROUP BY channel"""
# Counting millions of rows at every visit would be felt, so the planner's estimate does there.
MOVEMENTS = """
    SELECT CASE WHEN reltuples < 100000 THEN (SELECT count(*) FROM inventory_stockmovement)
           ELSE reltuples END
    FROM pg_class WHERE oid = 'inventory_stockmovement'::regclass"""


class ProductFigures(Collector):
    """Figures of the database; without one, only that it does not answer."""

    def collect(self) -> Iterator[Metric]:
        readers: list[Callable[[], list[Metric]]] = [outbox, open_alerts, movements]
        found: list[Metric] = []
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL statement_timeout = '{SECONDS}s'")
                found = [metric for read in readers for metric in read()]
        except DatabaseError:
            found = []
        up = GaugeMetricFamily(f"{PREFIX}_database_up", "Whether the database answers: 0 or 1.")
        up.add_metric([], 1 if found else 0)
        yield from [up, *found, tasks()]


def outbox() -> list[Metric]:
    families = [
        GaugeMetricFamily(f"{PREFIX}_outbox_{name}", text, labels=["channel"])
        for name, text in (
            ("pending", "Messages that wait to be delivered."),
            ("dead", "Messages given up after the last attempt."),
            ("oldest_seconds", "Age of the oldest message that waits."),
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(OUTBOX)
        rows = {channel: values for channel, *values in cursor.fetchall()}
    for channel in ("event", "email", "webhook"):
        for family, value in zip(families, rows.get(channel, (0, 0, 0)), strict=True):
            family.add_metric([channel], float(value))
    return [*families]


def open_alerts() -> list[Metric]:
    family = GaugeMetricFamily(f"{PREFIX}_open_alerts", "Open alerts.", labels=["severity"])
    counted = Alert.objects.open().order_by().values_list("severity").annotate(number=Count("pk"))
    counts = dict(counted)
    for severity in Alert.Severity.values:
        family.add_metric([severity], counts.get(severity, 0))
    return [family]


def movements() -> list[Metric]:
    family = GaugeMetricFamily(
        f"{PREFIX}_ledger_movements", "Movements in the ledger; estimated beyond 100,000."
    )
    with connection.cursor() as cursor:
        cursor.execute(MOVEMENTS)
        family.add_metric([], float(cursor.fetchone()[0]))
    return [family]


def tasks() -> Metric:
    family = CounterMetricFamily(
        f"{PREFIX}_tasks", "Tasks that ended, by how they did.", labels=["task", "state"]
    )
    for labels, count in task_counts().items():
        family.add_metric([*labels], count)
    return family


def figures(*, several_processes: bool) -> bytes:
    """Return all figures as Prometheus reads them, those of every process of this web server."""
    parts = CollectorRegistry()
    parts.register(ProductFigures())
    if not several_processes:
        return generate_latest(REGISTRY) + generate_latest(parts)
    MultiProcessCollector(parts)
    return generate_latest(parts)
