"""`deliver_outbox` in a process that is there at once, to be killed two hundred times.

It is forked from a process of its own that has nothing but the product in it, set up.
"""

import multiprocessing
from multiprocessing.process import BaseProcess

import django
from django.apps import apps

if not apps.ready:  # in the process that is forked
    django.setup()

from django.conf import settings
from django.core.management import call_command

from common.audit_context import recorded_as


def deliver_outbox(mail_port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_port
    with recorded_as("command", "deliver_outbox"):
        call_command("deliver_outbox")


def start_forked_worker(mail_port: int) -> BaseProcess:
    """Start it; the first one reads DATABASE_URL, for all of them."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["pytest", __name__])
    worker = forks.Process(target=deliver_outbox, args=[mail_port])
    worker.start()
    return worker
