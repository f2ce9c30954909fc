"""`manage.py serve_events`: the process of the event streams."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.live.server import EventServer, allow_many_files


class Command(BaseCommand):
    help = "Hold the event streams of /api/events/ open, until told to stop."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8001", help="Address and port.")

    def handle(self, *args: Any, bind: str, **options: Any) -> None:
        host, _, port = bind.rpartition(":")
        if not host or not port.isascii() or not port.isdigit():
            raise CommandError(f"{bind!r} is no address: write it as 127.0.0.1:8001.")
        allow_many_files()
        EventServer(host, int(port)).run()
