"""Housekeeping of accounts."""

from celery import shared_task


@shared_task(name="users.purge_attempts")
def purge_attempts() -> int:
    """Delete counts of attempts and mailed links that are over; return how many."""
    from users.services.attempts import purge_attempt_counts  # noqa: PLC0415 - see the house style
    from users.services.email_changes import purge_email_changes  # noqa: PLC0415 - as above
    from users.services.passwords import purge_resets  # noqa: PLC0415 - see the house style

    return purge_attempt_counts() + purge_resets() + purge_email_changes()


@shared_task(name="users.purge_sign_ins")
def purge_sign_ins() -> int:
    """Delete sign-ins that ended long ago; return how many."""
    from users.services.sign_ins import purge_ended_sign_ins  # noqa: PLC0415 - see the house style

    return purge_ended_sign_ins()
