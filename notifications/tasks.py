"""The worker's share: wake up and deliver what is due."""

from celery import shared_task


# A wake-up that waited half a minute is dropped: another poll has come meanwhile, so a mail
# server that hangs cannot fill the queue.
@shared_task(name="notifications.deliver_outbox", expires=30)
def deliver_outbox() -> int:
    """Deliver what is due in the outbox; return how many messages were settled."""
    from notifications.services import deliver_due_messages  # noqa: PLC0415 - see the house style

    return deliver_due_messages()


@shared_task(name="notifications.purge_messages")
def purge_messages() -> dict[str, int]:
    """Delete what was told long ago; return how much of what."""
    from notifications.services import purge_old_messages  # noqa: PLC0415 - see the house style

    return purge_old_messages()
