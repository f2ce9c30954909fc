"""Measure the product against its limits and against naive versions of it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from benchmarks.report import write_json
from benchmarks.rows import ROWS
from benchmarks.scale import SCALES
from benchmarks.start import run_benchmark

FEWEST_ROUNDS = 5


class Command(BaseCommand):
    help = "Measure ratios in a database of its own beside the company's; fails nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", choices=SCALES, default="small")
        parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS)
        parser.add_argument("--only", choices=[row.name for row in ROWS], metavar="NAME", nargs="+")
        parser.add_argument("--json", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rounds"] < FEWEST_ROUNDS:
            raise CommandError(f"--rounds: choose at least {FEWEST_ROUNDS}, for a median.")
        results, head = run_benchmark(
            scale=options["scale"], rounds=options["rounds"], only=options["only"], say=self.say
        )
        if options["json"]:
            write_json(options["json"], results, head)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
