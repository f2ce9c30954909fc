from django.apps import AppConfig


class PurchasingConfig(AppConfig):
    name = "purchasing"

    def ready(self) -> None:
        from purchasing import receivers  # noqa: F401, PLC0415 - connects them once models are loaded
