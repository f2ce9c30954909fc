"""The Celery application: tasks are hints, the facts stand in PostgreSQL."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("inventorypulse", task_cls="operations.scheduled_task:ScheduledTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
# What is the same everywhere; a CELERY_ setting of the same name would win.
app.add_defaults(
    {
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_soft_time_limit": 300,
        "task_time_limit": 420,
        "broker_transport_options": {
            "visibility_timeout": 900,
            "unacked_restore_throttle": 1,
            # A broker that stops answering must not hold up beat or a worker for ever.
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
        },
        # A broker that is down must not hold up a posting: the outbox is polled anyway.
        "task_publish_retry": False,
        "broker_connection_retry_on_startup": True,
        "timezone": "UTC",
    }
)
SCHEDULE: dict[str, dict[str, Any]] = {
    "deliver-outbox": {"task": "notifications.deliver_outbox", "schedule": 5.0},
    "deliver-webhooks": {"task": "operations.deliver_webhooks", "schedule": 5.0},
    "purge-webhook-deliveries": {
        "task": "operations.purge_webhook_deliveries",
        "schedule": crontab(hour=3, minute=35),
    },
    "check-low-stock": {"task": "alerts.check_low_stock", "schedule": crontab(hour=0, minute=0)},
    "check-late-deliveries": {
        "task": "alerts.check_late_deliveries",
        "schedule": crontab(hour=0, minute=5),
    },
    "act-on-expiry": {"task": "inventory.act_on_expiry", "schedule": crontab(hour=0, minute=0)},
    "check-expiry": {"task": "alerts.check_expiry", "schedule": crontab(hour=0, minute=10)},
    "roll-up-stock-days": {
        "task": "inventory.roll_up_stock_days",
        "schedule": crontab(minute=5),
    },
    "measure-suppliers": {
        "task": "purchasing.measure_suppliers",
        "schedule": crontab(hour=1, minute=15),
    },
    "release-expired-reservations": {
        "task": "sales.release_expired_reservations",
        "schedule": crontab(minute="*/15"),
    },
    "purge-idempotency": {
        "task": "common.purge_idempotency_records",
        "schedule": crontab(hour=3, minute=30),
    },
    "purge-messages": {
        "task": "notifications.purge_messages",
        "schedule": crontab(hour=3, minute=40),
    },
    "purge-job-runs": {
        "task": "operations.purge_job_runs",
        "schedule": crontab(hour=3, minute=55),
    },
    "purge-price-lists": {
        "task": "operations.purge_price_lists",
        "schedule": crontab(hour=4, minute=2),
    },
    "take-price-lists": {
        "task": "operations.take_price_lists",
        "schedule": crontab(hour=4, minute=15),
    },
    "run-imports": {"task": "operations.run_imports", "schedule": 15.0},
    "purge-imports": {
        "task": "operations.purge_imports",
        "schedule": crontab(hour=3, minute=58),
    },
    "purge-stream-events": {
        "task": "operations.purge_stream_events",
        "schedule": crontab(hour=3, minute=45),
    },
    "purge-attempts": {"task": "users.purge_attempts", "schedule": crontab(minute=20)},
    "purge-sign-ins": {"task": "users.purge_sign_ins", "schedule": crontab(hour=3, minute=50)},
}
for job, entry in SCHEDULE.items():
    # Tells the task that beat sent it, and as which job; see operations.scheduled_task.
    entry["options"] = {**entry.get("options", {}), "headers": {"scheduled_job": job}}
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks()
