from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.exceptions import DomainError
from common.permissions import ROLE_SYNONYMS, Role
from users.management.people import find_user, role_named
from users.services.accounts import set_role


class Command(BaseCommand):
    help = "Give somebody another role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="user name, e-mail address or code such as USR001")
        parser.add_argument("role", help=", ".join([*Role, *ROLE_SYNONYMS]))

    def handle(self, *args: Any, **options: Any) -> None:
        user, role = find_user(options["user"]), role_named(options["role"])
        before = user.role
        if before == role:
            self.stdout.write(f"{user} has the role {role} already.")
            return
        try:
            set_role(user=user, role=role)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{user} has the role {role} now, before {before}.")
