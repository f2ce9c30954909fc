"""Measure suppliers now, as the nightly job does, or further back."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand

from purchasing.services.measuring import MONTHS_BACK, measure_suppliers


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date. Write it as 2026-01-31.") from None


class Command(BaseCommand):
    help = "Measure suppliers by their orders and receipts: months, and the year up to now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=day, help=f"the first month; otherwise {MONTHS_BACK} months ago"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        changed = measure_suppliers(since=options["since"])
        self.stdout.write(f"Suppliers are measured; {changed} months changed.")
