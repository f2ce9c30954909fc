from django.apps import AppConfig
from django.db.models.signals import post_migrate

from inventory.units import seed_units


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory import receivers  # noqa: F401, PLC0415 - connects them once models are loaded

        post_migrate.connect(seed_units, sender=self, dispatch_uid="inventory.seed_units")
