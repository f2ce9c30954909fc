"""Write the generated pages of docs/, or check that they are up to date."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from operations.documentation import api_documentation, database_schemas

PAGES = {"api-documentation.md": api_documentation, "database-schemas.md": database_schemas}


class Command(BaseCommand):
    help = "Write docs/api-documentation.md and docs/database-schemas.md from the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing, fail if outdated")

    def handle(self, *args: Any, **options: Any) -> None:
        for name, make in PAGES.items():
            page = Path(settings.BASE_DIR) / "docs" / name
            text = make()
            if not options["check"]:
                page.write_text(text, encoding="utf-8")
            elif not page.is_file() or page.read_text(encoding="utf-8") != text:
                raise CommandError(f"docs/{name} is outdated: run manage.py make_docs.")
