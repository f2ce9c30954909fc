from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self) -> None:
        from operations import receivers  # noqa: F401, PLC0415 - connects them once models are loaded
