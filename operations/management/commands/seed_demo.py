"""Make the demo company: a year of orders in three warehouses, with open work for today."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.exceptions import DomainError
from operations.demo.company import Wish, is_seeded, seed_company
from operations.patient_session import patient_session
from users.services.roles import seed_roles

FEWEST_DAYS, MOST_DAYS, MOST_ORDERS = 30, 1_830, 2_000


class Command(BaseCommand):
    help = "Make the demo company in an empty database, wholly or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=365, help="length of its history")
        parser.add_argument("--orders-per-day", type=float, default=12, help="on average")
        parser.add_argument("--seed", type=int, default=1, help="another number, another history")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo company's passwords are published, so it is made only where DEMO=true."
                " Set DEMO=true on a machine that nobody else can reach."
            )
        days, orders_per_day = options["days"], options["orders_per_day"]
        if not FEWEST_DAYS <= days <= MOST_DAYS:
            raise CommandError(f"--days: choose {FEWEST_DAYS} to {MOST_DAYS}.")
        if not 1 <= orders_per_day <= MOST_ORDERS:
            raise CommandError(f"--orders-per-day: choose 1 to {MOST_ORDERS}.")
        if is_seeded():
            seed_roles()  # as after any upgrade; a new company gets them below
            self.stdout.write("The demo company is there.")
            return
        self.make(Wish(days=days, orders_per_day=orders_per_day, seed=options["seed"]))

    def make(self, wish: Wish) -> None:
        started = time.perf_counter()
        self.stdout.write(f"Making the demo company with {wish.days} days of history ...")
        try:
            with patient_session():
                seed_company(wish, self.say)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"The demo company is made ({time.perf_counter() - started:.0f} s).")

    def say(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()
