"""Housekeeping of operations, and imports that take a while."""

from celery import shared_task


@shared_task(name="operations.purge_stream_events")
def purge_stream_events() -> int:
    """Delete what no event stream can be taken up from any more; return how many rows."""
    from operations.live import log  # noqa: PLC0415 - see the house style

    return log.purge_stream_events()


@shared_task(name="operations.purge_job_runs")
def purge_job_runs() -> int:
    """Delete runs of scheduled jobs that are long past; return how many."""
    from operations import schedule  # noqa: PLC0415 - see the house style

    return schedule.purge_job_runs()


# As with the outbox, a wake-up that waited half a minute is dropped: another one has come.
@shared_task(name="operations.deliver_webhooks", expires=30)
def deliver_webhooks() -> int:
    """Send what webhooks are to be told; return how many deliveries were settled."""
    from operations.webhooks import delivery  # noqa: PLC0415 - see the house style

    return delivery.deliver_due_webhooks()


@shared_task(name="operations.purge_webhook_deliveries")
def purge_webhook_deliveries() -> int:
    """Delete what webhooks were told long ago; return how many deliveries."""
    from operations.webhooks import delivery  # noqa: PLC0415 - see the house style

    return delivery.purge_deliveries()


@shared_task(name="operations.run_imports")
def run_imports() -> int:
    """Run the imports that wait; return how many there were."""
    from operations.exchange import jobs  # noqa: PLC0415 - see the house style

    return jobs.run_due_imports()


@shared_task(name="operations.purge_imports")
def purge_imports() -> int:
    """Delete imports that are long past; return how many."""
    from operations.exchange import jobs  # noqa: PLC0415 - see the house style

    return jobs.purge_imports()


@shared_task(name="operations.purge_price_lists")
def purge_price_lists() -> int:
    """Throw away what is told of price lists that are long past; return how many runs it was."""
    from operations.price_lists import runs  # noqa: PLC0415 - see the house style

    return runs.purge_price_lists()


@shared_task(name="operations.take_price_lists")
def take_price_lists() -> int:
    """Take the price lists that are new in all feeds; return how many were taken."""
    from operations.price_lists import feeds  # noqa: PLC0415 - see the house style

    return feeds.run_due_feeds()


@shared_task(name="operations.take_price_feed")
def take_price_feed(feed_id: int, user_id: int) -> int:
    """Take what is new in one feed for whoever asked; return how many lists were taken."""
    from operations.price_lists import feeds  # noqa: PLC0415 - see the house style

    return feeds.run_asked_feed(feed_id, user_id)
