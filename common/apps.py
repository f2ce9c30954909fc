from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from common.audit_context import tell_of_writes
from common.database_rights import grant_application_rights
from common.database_triggers import install_triggers


class CommonConfig(AppConfig):
    name = "common"
    verbose_name = "Company"

    def ready(self) -> None:
        # Rights belong to the schema: whoever migrates also grants.
        post_migrate.connect(grant_application_rights, dispatch_uid="common.grant_rights")
        post_migrate.connect(install_triggers, dispatch_uid="common.install_triggers")
        connection_created.connect(tell_of_writes, dispatch_uid="common.audit")
