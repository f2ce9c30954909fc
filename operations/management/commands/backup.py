"""Write a back-up of the database to a file, while the product goes on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.backup.dump import write_backup
from operations.backup.exceptions import BackupError


class Command(BaseCommand):
    help = "Write database, uploaded files and the proof of what they held to a new file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = write_backup(options["file"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        if manifest["ledger_violations"]:
            self.stderr.write("The ledger has violations: see `manage.py verify_ledger`.")
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(
            f"{options['file']}: {rows} rows of {len(manifest['tables'])} tables,"
            f" {manifest['dump_bytes']} bytes, {manifest['media']['files']} files with"
            f" {manifest['media']['bytes']} bytes, ledger {manifest['ledger'][:16]}."
        )
