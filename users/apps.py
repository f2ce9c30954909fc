from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from users import receivers  # noqa: F401, PLC0415 - connects them once models are loaded
