from django.apps import AppConfig, apps

from common.audit import watch_model


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from users import receivers  # noqa: F401, PLC0415 - connects them once models are loaded

        # Tables of Django's own that say who may do what.
        watch_model(apps.get_model("auth.Group"), code="name")
        for table, owner in (
            ("auth.Group_permissions", "group"),
            ("users.User_groups", "user"),
            ("users.User_user_permissions", "user"),
        ):
            watch_model(apps.get_model(table), part_of=owner)
