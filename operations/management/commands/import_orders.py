"""Replay an order log: catalogue, stock and purchases are made, its orders are posted."""

import re
import resource
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from common.exceptions import DomainError
from common.permissions import Can
from common.validators import business_code, currency_code
from operations.ledger_verification import ledger_figures, verify_ledger
from operations.models import OrderImport
from operations.order_import.columns import FIELDS, SYNONYMS
from operations.order_import.options import ImportOptions
from operations.order_import.replay import COUNTED
from operations.order_import.run import import_orders
from users.models import User

TEXT_OPTIONS: dict[str, tuple[str, str]] = {
    "warehouse": ("", "code of the warehouse; made if missing (default: the company's default)"),
    "currency": ("USD", "currency of the prices"),
    "channel": ("online", "sales channel to note on the orders"),
    "sku-pattern": ("", "regular expression that a SKU of goods matches, beyond an item code"),
    "cancelled-prefix": ("C", "orders of such a number take goods back by negative quantities"),
    "cost-share": ("0.6", "cost as a share of the price, for goods new to the catalogue"),
    "date-format": ("", "such as %%d/%%m/%%Y %%H:%%M (default: ISO 8601)"),
    "timezone": ("UTC", "time zone of times that name none"),
    "delimiter": ("", "of CSV (default: , ; tab or |, whichever the header has most of)"),
    "encoding": ("utf-8-sig", "of CSV"),
}


class Command(BaseCommand):
    help = (
        "Replay an order log (CSV, XLSX or Parquet) as sales orders with their deliveries, "
        "cancellations and returns, and make the catalogue, opening stock and purchases that "
        "they need. Run the same command again to go on where it stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"column of a field: {', '.join(FIELDS)} (default: by common names, such as "
            f"{', '.join(SYNONYMS['order'][:3])})",
        )
        for name, (default, text) in TEXT_OPTIONS.items():
            parser.add_argument(f"--{name}", default=default, help=text)
        parser.add_argument("--user", default="", help="who posts (default: the first admin)")
        parser.add_argument("--limit", type=int, help="stop when so many orders are done")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        bar = ProgressBar(quiet=options["verbosity"] == 0)
        try:
            progress = import_orders(
                path=options["file"],
                options=read_options(options),
                limit=options["limit"],
                report=bar,
                acting_user=find_user(options["user"]),
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        except KeyboardInterrupt:
            text = "Stopped. Run the same command again to go on behind the last batch."
            raise CommandError(text, returncode=130) from None
        finally:
            bar.close()
        if bar.is_idle:
            self.stdout.write(f"Imported already, finished {progress.finished_at:%Y-%m-%d %H:%M}.")
        self.summarise(progress, bar.rows, time.perf_counter() - started)
        self.prove()

    def summarise(self, progress: OrderImport, rows: int, seconds: float) -> None:
        counted = dict(progress.counters)
        write = self.stdout.write
        write(f"{progress.file_name} into warehouse {progress.warehouse.code}")
        for name in [*COUNTED, *sorted(set(counted) - set(COUNTED))]:
            write(f"  {name:<44}{counted.get(name, 0):>12,}")
        rate = rows / seconds if seconds else 0
        write(
            f"{rows:,} rows in {seconds:,.1f} s ({rate:,.0f} rows/s), "
            f"peak memory {peak_memory():,.0f} MB"
        )
        if progress.finished_at is None:
            write("Not finished: run the same command without --limit to go on.")

    def prove(self) -> None:
        """Verify the ledger; raises CommandError with what breaks a rule."""
        started = time.perf_counter()
        violations = verify_ledger()
        for violation in violations:
            self.stderr.write(f"{violation.rule}: {violation.row}: {violation.explanation}")
        counted = ", ".join(f"{number:,} {name}" for name, number in ledger_figures().items())
        result = f"verify_ledger: {len(violations)} violations in {counted}"
        if violations:
            raise CommandError(result)
        self.stdout.write(f"{result} ({time.perf_counter() - started:.1f} s)")


class ProgressBar:
    """Rows done, rate and time left; on a terminal in place, elsewhere a line now and then."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet, self.rows, self.is_idle = quiet, 0, True
        self.stage = ""
        self.bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self.stage:
            self.close()
            self.stage, self.first, self.is_idle = stage, done, False
            self.bar = tqdm(
                desc=stage,
                initial=done,
                total=total or None,
                unit=" rows",
                disable=self.quiet,
                mininterval=0.2 if sys.stderr.isatty() else 15,
            )
        self.bar.update(done - self.bar.n)
        self.rows = done - self.first

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def read_options(options: dict[str, Any]) -> ImportOptions:
    """Return the options of the command line; raises CommandError that names a bad one."""
    texts = {name.replace("-", "_"): options[name.replace("-", "_")] for name in TEXT_OPTIONS}
    texts["warehouse"] = texts["warehouse"].upper()
    texts["currency"] = texts["currency"].upper()
    checks: dict[str, Callable[[str], object]] = {
        "warehouse": read_code,
        "currency": currency_code,
        "sku_pattern": re.compile,
        "timezone": ZoneInfo,
        "cost_share": read_share,
        "delimiter": read_delimiter,
    }
    for name, check in checks.items():
        try:
            check(texts[name])
        except ValidationError as error:
            raise bad_option(name, texts[name], error.messages[0]) from None
        except (ValueError, KeyError, InvalidOperation, re.error) as error:
            raise bad_option(name, texts[name], f"{error}.") from None
    return ImportOptions(
        columns=dict(read_mapping(pair) for pair in options["map"]),
        **{**texts, "cost_share": Decimal(texts["cost_share"])},
    )


def bad_option(name: str, value: str, remedy: str) -> CommandError:
    return CommandError(f'--{name.replace("_", "-")} "{value}" cannot be used: {remedy}')


def read_code(text: str) -> None:
    if text:
        business_code(text)


def read_share(text: str) -> None:
    if not 0 < Decimal(text) <= 1:
        raise ValueError("Use a number above 0 and up to 1")


def read_delimiter(text: str) -> None:
    if len(text) > 1:
        raise ValueError("Use one character")


def read_mapping(pair: str) -> tuple[str, str]:
    field, equals, column = pair.partition("=")
    if not equals:
        raise CommandError(f'--map "{pair}" cannot be used: write FIELD=COLUMN, as quantity=Qty.')
    return field.strip().lower(), column.strip()


def find_user(name: str) -> User:
    """Return who posts: the one named, or the first admin; raises CommandError."""
    people = User.objects.who_can(Can.BACKDATE_STOCK)
    if name:
        user = people.by_reference(name).first()
        if user is None:
            raise CommandError(f'No active user "{name}" may record stock of the past.')
        return user
    user = people.filter(role="admin").order_by("pk").first()
    if user is None:
        raise CommandError("There is no admin yet. Make one: manage.py createsuperuser")
    return user


def peak_memory() -> float:
    """Return the most memory this process has had, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1_000_000 if sys.platform == "darwin" else peak * 1_024 / 1_000_000
