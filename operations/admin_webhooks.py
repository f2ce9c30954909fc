"""Webhooks in the back office: whom the product tells, and what became of each event."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from common.admin import HistoryAdmin, ReadOnlyInline, ScopedAdmin, ServiceForm, allows, caller
from common.admin_saving import persistently
from common.admin_steps import Step
from common.permissions import Can
from operations.models import Webhook, WebhookDelivery
from operations.webhooks.event_types import event_types
from operations.webhooks.services import (
    change_webhook,
    create_webhook,
    delete_webhook,
    ping_webhook,
    redeliver,
    redeliver_dead,
    rotate_secret,
)

COLUMNS = ["name", "url", "event_types", "warehouse", "is_active"]
STANDING = [
    "switched_off_reason", "failing_since", "paused_until", "previous_secret_until", "created_by",
    "created_at", "updated_at",
]  # fmt: skip
NEWEST_SHOWN = 20
EXPLANATION = (
    "Give it to the receiver, which verifies by it who sent an event. It is shown this once; "
    "where it gets lost, make a new one."
)


class WebhookForm(ServiceForm):
    """A webhook, with the event types to choose from."""

    event_types = forms.MultipleChoiceField(
        choices=lambda: [
            (Webhook.ALL, "* (all)"),
            *((one.name, f"{one.name} ({one.description})") for one in event_types().values()),
        ],
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="What is sent for each one is shown at /api/webhooks/event-types/.",
    )

    class Meta:
        model = Webhook
        fields = COLUMNS


class DeliveryInline(ReadOnlyInline):
    """The newest deliveries of a webhook."""

    model = WebhookDelivery
    may_view = Can.MANAGE_WEBHOOKS
    fields = ["event_type", "status", "attempts", "response_status", "duration_ms", "error",
              "created_at"]  # fmt: skip
    show_change_link = True
    hide_title = False  # it leads to the page of the row
    verbose_name_plural = f"newest {NEWEST_SHOWN} deliveries"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        hook = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        newest = rows.filter(webhook=hook).order_by("-pk").values("pk")[:NEWEST_SHOWN]
        return rows.filter(pk__in=list(newest.values_list("pk", flat=True)))


def in_words(at: datetime | None) -> str | None:
    """Write a moment as the other columns are written."""
    return date_format(at, "DATETIME_FORMAT") if at else None


def try_out(row: Webhook, acting_user: Any) -> str:
    ping_webhook(webhook=row, acting_user=acting_user)
    return "A ping is on its way. Look at the newest delivery in a moment."


def send_dead_again(row: Webhook, acting_user: Any) -> str:
    revived = redeliver_dead(webhook=row, acting_user=acting_user)
    return f"{revived} events are on their way again."


def may_send_again(row: Webhook) -> bool:
    dead = row.deliveries.filter(status=WebhookDelivery.Status.DEAD)
    return row.is_active and dead.exists()


def no_message(row: Webhook, acting_user: Any) -> str:
    """Stand for the step that shows a page instead: see WebhookAdmin.take_step."""
    return ""


@admin.register(Webhook)
class WebhookAdmin(ScopedAdmin):
    """Addresses of other systems that are told, signed, of what happens."""

    may_view = may_add = may_change = may_delete = Can.MANAGE_WEBHOOKS
    form = WebhookForm
    list_display = ["name", "url", "warehouse", "is_active", "failing_since", "created_at"]
    list_filter = ["is_active"]
    list_select_related = ["warehouse", "health"]
    search_fields = ["name", "url"]
    inlines = [DeliveryInline]
    steps = (
        Step(
            name="ping", title="Send a test", permission=Can.MANAGE_WEBHOOKS, run=try_out,
            icon="network_ping",
        ),
        Step(
            name="redeliver_dead", title="Deliver dead events again",
            permission=Can.MANAGE_WEBHOOKS, run=send_dead_again, lawful=may_send_again,
            icon="send", explanation="Each with its id, the oldest first.",
        ),
        Step(
            name="rotate_secret", title="Make a new secret", permission=Can.MANAGE_WEBHOOKS,
            run=no_message, icon="key",
            explanation="It is shown once. The present one signs beside it for 24 hours.",
        ),
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*COLUMNS, *(STANDING if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return STANDING

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else []

    @admin.display(description="Failing since")
    def failing_since(self, row: Webhook) -> Any:
        return in_words(row.health.failing_since)

    @admin.display(description="Paused until")
    def paused_until(self, row: Webhook) -> Any:
        return in_words(row.health.paused_until)

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> Webhook:
        values = {name: form.cleaned_data[name] for name in COLUMNS}
        if change:
            hook = Webhook.objects.get(pk=form.instance.pk)
            return change_webhook(webhook=hook, acting_user=caller(request), **values)
        hook, request.new_secret = create_webhook(acting_user=caller(request), **values)  # type: ignore[attr-defined]
        return hook

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        delete_webhook(webhook=row, acting_user=caller(request))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        return self.show_secret(request, obj, request.new_secret)  # type: ignore[attr-defined]

    def take_step(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        """Show a new secret on the page that answers, and nowhere else."""
        if step.name != "rotate_secret" or request.method != "POST":
            return super().take_step(request, object_id, step)
        if not allows(request, step.permission):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            return super().take_step(request, object_id, step)
        hook, secret = persistently(lambda: rotate_secret(webhook=row, acting_user=request.user))
        self.log_change(request, hook, step.title)
        return self.show_secret(request, hook, secret)

    def show_secret(self, request: HttpRequest, hook: Webhook, secret: str) -> HttpResponse:
        heading = f"The secret of {hook.name}"
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": heading,
            "heading": heading,
            "explanation": EXPLANATION,
            "secret": secret,
            "back": self.change_address(hook.pk),
        }
        return TemplateResponse(request, "admin/secret.html", context)


def send_again(row: WebhookDelivery, acting_user: Any) -> str:
    redeliver(delivery=row, acting_user=acting_user)
    return "The event is on its way again."


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(HistoryAdmin):
    """What webhooks were told in the last 30 days."""

    may_view = Can.MANAGE_WEBHOOKS
    list_display = [
        "event_type", "webhook", "status", "attempts", "response_status", "duration_ms", "error",
        "created_at", "next_attempt",
    ]  # fmt: skip
    list_filter = ["status", "webhook", "event_type"]
    list_select_related = ["webhook"]
    search_fields = ["event_id", "event_type"]
    fields = [
        "webhook", "event_type", "event_id", "status", "attempts", "next_attempt",
        "last_attempt_at", "delivered_at", "response_status", "response_body", "duration_ms",
        "error", "body", "created_at",
    ]  # fmt: skip
    readonly_fields = ["next_attempt"]
    steps = (
        Step(
            name="redeliver", title="Deliver again", permission=Can.MANAGE_WEBHOOKS,
            run=send_again, icon="send",
            explanation="With the same id, so that a receiver that had it already can tell.",
        ),
    )  # fmt: skip

    @admin.display(description="Next attempt", ordering="next_attempt_at")
    def next_attempt(self, row: WebhookDelivery) -> str | None:
        is_pending = row.status == WebhookDelivery.Status.PENDING
        return in_words(row.next_attempt_at) if is_pending else None
