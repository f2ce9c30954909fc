from django.apps import AppConfig


class WarehousesConfig(AppConfig):
    name = "warehouses"

    def ready(self) -> None:
        from warehouses import receivers  # noqa: F401, PLC0415 - connects them once models are loaded
