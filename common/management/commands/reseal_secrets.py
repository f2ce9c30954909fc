from typing import Any

from django.core.management.base import BaseCommand

from common.sealed import reseal_secrets


class Command(BaseCommand):
    help = "Seal stored secrets under SECRET_KEY, so that SECRET_KEY_FALLBACKS can be emptied."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reseal_secrets()} secrets are sealed under SECRET_KEY.")
