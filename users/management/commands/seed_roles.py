from typing import Any

from django.core.management.base import BaseCommand

from users.services.roles import seed_roles


class Command(BaseCommand):
    help = "Make the groups and permissions of the five roles; say what changed."

    def handle(self, *args: Any, **options: Any) -> None:
        changes = seed_roles()
        for change in changes:
            self.stdout.write(change)
        if not changes:
            self.stdout.write("Roles are up to date.")
