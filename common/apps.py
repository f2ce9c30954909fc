from django.apps import AppConfig
from django.db.models.signals import post_migrate

from common.database_rights import grant_application_rights


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        # Rights belong to the schema: whoever migrates also grants.
        post_migrate.connect(grant_application_rights, dispatch_uid="common.grant_rights")
