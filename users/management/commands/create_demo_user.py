import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.exceptions import DomainError
from common.permissions import Role
from users.services.accounts import create_user


class Command(BaseCommand):
    help = "Make an account to try things out with; its password is random and shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=[role.value for role in Role], default=Role.VIEWER)
        parser.add_argument("--email", default="", help="USERNAME@example.com if absent")

    def handle(self, *args: Any, **options: Any) -> None:
        name, password = options["username"], secrets.token_urlsafe(12)
        try:
            user = create_user(
                username=name,
                email=options["email"] or f"{name}@example.com",
                role=options["role"],
                password=password,
                acting_user=None,
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{user} ({user.code}, {user.role}) has the password {password}")
