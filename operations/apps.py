from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self) -> None:
        # Connected once models are loaded.
        from operations import receivers  # noqa: F401, PLC0415
        from operations.live import triggers  # noqa: F401, PLC0415
        from operations.webhooks import triggers as webhook_triggers  # noqa: F401, PLC0415
