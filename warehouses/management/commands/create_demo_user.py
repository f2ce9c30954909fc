import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from common.exceptions import DomainError
from common.permissions import ROLE_SYNONYMS, Role
from users.management.people import role_named
from users.models import User
from users.names import normal_form
from warehouses.models import Warehouse
from warehouses.services import create_member


class Command(BaseCommand):
    help = "Make an account to try things out with; its password is random and shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--role", default=Role.VIEWER.value, help=", ".join([*Role, *ROLE_SYNONYMS])
        )
        parser.add_argument("--email", default="", help="USERNAME@example.com if absent")
        parser.add_argument(
            "--warehouse", default="", help="a code such as WH001; the company's default if absent"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, password = normal_form(options["username"]), secrets.token_urlsafe(12)
        fields: dict[str, Any] = {
            "username": name,
            "email": options["email"] or f"{name}@example.com",
            "role": role_named(options["role"]).value,
        }
        refuse_malformed(User(**fields))
        place = warehouse_named(options["warehouse"])
        try:
            user = create_member(
                **fields,
                password=password,
                warehouses=[place] if place else [],
                acting_user=None,
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"{user} ({user.code}, {user.role}, {place.code if place else 'in no warehouse'}) "
            f"has the password {password}"
        )


def refuse_malformed(user: User) -> None:
    """Raise CommandError for a user name or an address that the API and the forms refuse."""
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error


def warehouse_named(code: str) -> Warehouse | None:
    """Return the warehouse of a code; without one the company's default, if it has any."""
    if not code:
        return Warehouse.objects.filter(is_default=True).first()
    place: Warehouse | None = Warehouse.objects.all().by_reference(code).first()
    if place is None:
        raise CommandError(f"There is no warehouse {code!r}. Use a code such as WH001.")
    return place
