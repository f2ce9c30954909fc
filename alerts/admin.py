"""Alerts: each step goes through its service, one by one or for several chosen ones."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from unfold.decorators import display

from alerts.models import Alert
from alerts.services import acknowledge_alert, dismiss_alert, resolve_alert
from common.admin import HistoryAdmin, allows
from common.admin_saving import persistently
from common.admin_steps import NotesForm, Step
from common.exceptions import DomainError
from common.permissions import Can
from warehouses.admin.filters import OwnWarehouseFilter

SEVERITY_LABELS = {"Critical": "danger", "High": "danger", "Medium": "warning", "Low": "info"}
STATUS_LABELS = {"Active": "warning", "Acknowledged": "info", "Resolved": "success"}


def acknowledge(row: Alert, acting_user: Any, notes: str = "") -> str:
    acknowledge_alert(alert=row, notes=notes, acting_user=acting_user)
    return f"Alert {row.code} acknowledged."


def resolve(row: Alert, acting_user: Any, notes: str = "") -> str:
    resolve_alert(
        alert=row, resolution_type="manual", resolution_notes=notes, acting_user=acting_user
    )
    return f"Alert {row.code} resolved."


def dismiss(row: Alert, acting_user: Any, notes: str = "") -> str:
    dismiss_alert(alert=row, notes=notes, acting_user=acting_user)
    return f"Alert {row.code} dismissed."


def is_active(row: Alert) -> bool:
    return row.status == Alert.Status.ACTIVE


def is_open(row: Alert) -> bool:
    return row.status in Alert.OPEN


@admin.register(Alert)
class AlertAdmin(HistoryAdmin):
    may_view = Can.VIEW_STOCK
    list_display = [
        "code", "alert_type", "how_bad", "state", "product", "warehouse", "current_value",
        "threshold_value", "created_at",
    ]  # fmt: skip
    list_filter = ["status", "severity", "alert_type", OwnWarehouseFilter]
    list_select_related = ["product", "warehouse"]
    search_fields = ["title", "product__code", "variation__sku_code"]
    actions = ["acknowledge_chosen", "resolve_chosen", "dismiss_chosen"]
    steps = (
        Step(
            name="acknowledge", title="Acknowledge", permission=Can.ACT_ON_ALERTS,
            run=acknowledge, lawful=is_active, form=NotesForm, icon="visibility",
            explanation="You have seen it and take care of it.",
        ),
        Step(
            name="resolve", title="Resolve", permission=Can.ACT_ON_ALERTS, run=resolve,
            lawful=is_open, form=NotesForm, icon="check",
            explanation="Something was done. It is raised anew if its cause still shows.",
        ),
        Step(
            name="dismiss", title="Dismiss", permission=Can.ACT_ON_ALERTS, run=dismiss,
            lawful=is_open, form=NotesForm, icon="notifications_off", is_final=True,
            explanation="Nothing was done. It stays quiet until its cause has gone.",
        ),
    )  # fmt: skip

    @display(description="Severity", ordering="severity", label=SEVERITY_LABELS)
    def how_bad(self, row: Alert) -> str:
        return row.get_severity_display()

    @display(description="Status", ordering="status", label=STATUS_LABELS)
    def state(self, row: Alert) -> str:
        return row.get_status_display()

    def has_act_permission(self, request: HttpRequest) -> bool:
        return allows(request, Can.ACT_ON_ALERTS)

    @admin.action(description="Acknowledge the chosen alerts", permissions=["act"])
    def acknowledge_chosen(self, request: HttpRequest, queryset: Any) -> None:
        self.take_each(request, queryset, acknowledge, "acknowledged")

    @admin.action(description="Resolve the chosen alerts", permissions=["act"])
    def resolve_chosen(self, request: HttpRequest, queryset: Any) -> None:
        self.take_each(request, queryset, resolve, "resolved")

    @admin.action(description="Dismiss the chosen alerts", permissions=["act"])
    def dismiss_chosen(self, request: HttpRequest, queryset: Any) -> None:
        self.take_each(request, queryset, dismiss, "dismissed")

    def take_each(
        self, request: HttpRequest, alerts: Any, run: Callable[..., str], word: str
    ) -> None:
        """Do the same with each alert; those that refuse say why, the others go on."""
        done = 0
        for alert in alerts.order_by("pk"):
            try:
                persistently(partial(run, alert, request.user))
                done += 1
            except DomainError as error:
                self.tell(request, error, alert)
        level = messages.SUCCESS if done else messages.WARNING
        self.message_user(request, f"{done} alerts {word}.", level)
