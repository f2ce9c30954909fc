from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from users.management.people import find_user
from users.services.accounts import unlock_user


class Command(BaseCommand):
    help = "Let somebody sign in again, whatever locked the account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="user name, e-mail address or code such as USR001")

    def handle(self, *args: Any, **options: Any) -> None:
        user = find_user(options["user"])
        if not user.is_locked:
            self.stdout.write(f"{user} is not locked.")
            return
        unlock_user(user=user, acting_user=None)
        self.stdout.write(f"{user} may sign in again.")
