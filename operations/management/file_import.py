"""What the commands that import files share."""

from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from common.exceptions import DomainError
from operations.exchange.jobs import importer
from operations.exchange.kinds import KINDS
from operations.exchange.run import Report, import_file
from operations.exchange.staging import Options

OPTIONS = {
    "preset": "whose column names the file has, such as odoo (default: recognised)",
    "encoding": "of CSV (default: found out)",
    "delimiter": "of CSV (default: found out)",
    "decimal": "the decimal mark of the numbers, . or , (default: found out)",
    "date-format": "of dates, such as %%d.%%m.%%Y (default: 2026-01-31)",
}
SWITCHES = ("ignore-unknown-columns", "allow-below-cost")
SHOWN = 50


class FileImportCommand(BaseCommand):
    """Judges a file, and with --commit imports it; a bar shows how far it is."""

    kind: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--commit", action="store_true", help="import, if no row is refused")
        parser.add_argument("--user", default="", help="who imports (default: the first admin)")
        for name, text in OPTIONS.items():
            parser.add_argument(f"--{name}", default="", help=text)
        for name in SWITCHES:
            parser.add_argument(f"--{name}", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}. Check the path.")
        user = importer(options["user"], self.kind)
        if user is None:
            raise CommandError("Nobody of that name may import this. Name a user with --user.")
        names = [name.replace("-", "_") for name in (*OPTIONS, *SWITCHES)]
        with tqdm(total=100, unit="%", disable=options["verbosity"] == 0, desc=self.kind) as bar:
            try:
                report = import_file(
                    kind=KINDS[self.kind],
                    path=path,
                    options=Options(**{name: options[name] for name in names}),
                    commit=options["commit"],
                    progress=partial(advance, bar),
                    acting_user=user,
                )
            except DomainError as error:
                raise CommandError(error.message) from error
            bar.update(100 - bar.n)
        self.tell(report, committed=options["commit"])

    def tell(self, report: Report, *, committed: bool) -> None:
        """Write the totals and the first problems; raises CommandError where rows were refused."""
        sheet = f"sheet {report.sheet}" if report.sheet else ""
        read = ", ".join(
            part
            for part in (report.format, report.encoding, report.delimiter, sheet, report.preset)
            if part
        )
        self.stdout.write(f"Read as {read}.")
        for name, number in report.totals.items():
            self.stdout.write(f"  {name:<12}{number:>10,}")
        for one in report.problems[:SHOWN]:
            where = f"line {one['line']}, {one['column'] or 'row'}"
            self.stdout.write(f"  {where}: {one['value']!r}: {one['problem']}")
        if report.problem_count:
            raise CommandError(f"{report.problem_count} problems, so nothing was imported.")
        if not committed:
            self.stdout.write("Nothing was written. Add --commit to import.")


def advance(bar: Any, percent: int) -> None:
    bar.update(percent - bar.n)
