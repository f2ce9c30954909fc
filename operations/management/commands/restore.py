"""Replace the database by a back-up, which is proved first."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.backup.exceptions import BackupError
from operations.backup.media import discard_files
from operations.backup.restore import restore_backup
from operations.backup.server import drop_database


class Command(BaseCommand):
    help = (
        "Restore a file of `manage.py backup`; what is there at present is kept under another name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--discard", action="store_true", help="drop what is there at present")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest, before, files = restore_backup(options["file"])
        except BackupError as error:
            raise CommandError(f"{str(error).rstrip('.')}. Nothing was changed.") from error
        rows = sum(table["rows"] for table in manifest["tables"].values())
        uploads = f" and {manifest['media']['files']} files" if files else ""
        self.stdout.write(
            f"Restored {rows} rows{uploads} as of {manifest['created_at']},"
            f" ledger {manifest['ledger'][:16]}. Everybody signs in again."
        )
        if options["discard"]:
            drop_database(before)
            discard_files(files)
        else:
            kept = f" and in {files}" if files else ""
            self.stdout.write(f"What was there before is in the database {before}{kept}.")
