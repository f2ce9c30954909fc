from typing import Any

from django.core.management.base import BaseCommand

from notifications.services import deliver_due_messages


class Command(BaseCommand):
    help = "Deliver the events and mails that are due, once."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{deliver_due_messages()} messages settled")
