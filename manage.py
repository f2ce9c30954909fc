#!/usr/bin/env python
"""Django's command line; commands that change the schema run as the database's owner."""

import os
import sys

from django.core.management import execute_from_command_line

from common.audit_context import recorded_as

OWNER_COMMANDS = {"migrate", "sqlmigrate", "flush", "backup", "restore"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] and sys.argv[1] in OWNER_COMMANDS and "DATABASE_OWNER_URL" in os.environ:
        os.environ.setdefault("DATABASE_APP_URL", os.environ.get("DATABASE_URL", ""))
        os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
    with recorded_as("command", " ".join(sys.argv[1:2])):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
