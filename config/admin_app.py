"""The admin site of this product in place of Django's own."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Named in INSTALLED_APPS where others name django.contrib.admin."""

    default = False
    default_site = "operations.admin_site.BackOfficeSite"
