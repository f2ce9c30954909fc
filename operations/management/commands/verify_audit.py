"""Prove that the audit sees every change: exit code 1 and a line for each trigger at fault."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.database_triggers import trigger_faults


class Command(BaseCommand):
    help = "Check that every trigger that models ask for is there, up to date and enabled."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = trigger_faults()
        for trigger, fault in faults.items():
            self.stdout.write(f"{trigger}: {fault}")
        if faults:
            raise CommandError(
                f"{len(faults)} triggers at fault. `migrate` makes them anew; ALTER TABLE … ENABLE "
                "TRIGGER what somebody disabled."
            )
        self.stdout.write("Every trigger is in place.")
