from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "sales"

    def ready(self) -> None:
        from sales import receivers  # noqa: F401, PLC0415 - connects them; models must be loaded first
