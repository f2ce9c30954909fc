from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from alerts.services import sweep_stock_alerts


class Command(BaseCommand):
    help = "Compare every balance with its reorder point: raise, update and close alerts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="Tell nobody of new alerts.")

    def handle(self, *args: Any, **options: Any) -> None:
        changes = sweep_stock_alerts(notify=not options["quiet"])
        self.stdout.write(
            f"{changes.raised} alerts raised, {changes.updated} updated, {changes.closed} closed"
        )
