"""Prove the ledger: exit code 1 and a line for each row that breaks a rule."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.ledger_verification import ledger_figures, verify_ledger


class Command(BaseCommand):
    help = "Check every balance, movement, reservation and open order against each other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=100, help="rows to list a rule")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        violations = verify_ledger(limit=options["limit"])
        seconds = time.perf_counter() - started
        for violation in violations:
            self.stdout.write(f"{violation.rule}: {violation.row}: {violation.explanation}")
        counted = ", ".join(f"{number} {name}" for name, number in ledger_figures().items())
        if violations:
            raise CommandError(f"{len(violations)} violations in {counted}.")
        self.stdout.write(f"0 violations in {counted} ({seconds:.2f} s).")
