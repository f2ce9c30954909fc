"""What operations keeps: how far imports are, and what the schedule did."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from common.admin import ReadOnlyAdmin
from common.permissions import Can
from operations.admin_audit import AuditEntryAdmin as AuditEntryAdmin
from operations.admin_imports import ImportJobAdmin as ImportJobAdmin
from operations.admin_lots import LotAdmin as LotAdmin
from operations.admin_price_lists import PriceFeedAdmin as PriceFeedAdmin
from operations.admin_price_lists import PriceListRunAdmin as PriceListRunAdmin
from operations.admin_saved_views import SavedViewAdmin as SavedViewAdmin
from operations.admin_settings import CompanySettingsAdmin as CompanySettingsAdmin
from operations.admin_webhooks import WebhookAdmin as WebhookAdmin
from operations.models import JobRun, OrderImport
from operations.schedule import last_runs, scheduled_jobs

TITLES = ["Job", "Runs", "Next", "Last run", "Result"]


@admin.register(OrderImport)
class OrderImportAdmin(ReadOnlyAdmin):
    """Imports run by `manage.py import_orders`; here is how far each one is."""

    may_view = Can.MANAGE_SETTINGS
    list_display = [
        "file_name", "warehouse", "orders_done", "rows_done", "started_at", "updated_at",
        "finished_at",
    ]  # fmt: skip
    list_filter = [("finished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["warehouse"]
    search_fields = ["file_name", "file_sha256"]

    def scope(self, request: HttpRequest) -> Any:
        return OrderImport.objects.all()


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """The schedule: what runs when, and below it every run of the last 90 days."""

    may_view = Can.MANAGE_SETTINGS
    list_display = ["job", "slot", "state", "runs", "started_at", "finished_at", "result"]
    list_filter = ["state", "job"]
    search_fields = ["job", "result"]
    list_before_template = "admin/schedule.html"

    def scope(self, request: HttpRequest) -> Any:
        return JobRun.objects.all()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        runs, now = last_runs(), timezone.now()
        schedule = [(job, job.next_at(now), runs.get(job.name)) for job in scheduled_jobs()]
        shown = {"schedule": schedule, "schedule_titles": TITLES}
        return super().changelist_view(request, {**(extra_context or {}), **shown})
