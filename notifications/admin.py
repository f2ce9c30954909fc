"""What was told to whom; a message that could not be delivered is tried again from here."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin import HistoryAdmin
from common.admin_steps import Step
from common.exceptions import WrongState
from common.permissions import Can
from notifications.models import Notification, OutboxMessage
from notifications.services import mark_read, redeliver_messages


def deliver(row: OutboxMessage, acting_user: Any) -> str:
    if not redeliver_messages(OutboxMessage.objects.filter(pk=row.pk)):
        raise WrongState("The message is not dead any more: somebody revived it meanwhile.")
    return "The message will be delivered again."


def is_dead(row: OutboxMessage) -> bool:
    return row.status == OutboxMessage.Status.DEAD


@admin.register(OutboxMessage)
class OutboxMessageAdmin(HistoryAdmin):
    may_view = Can.MANAGE_SETTINGS
    list_display = [
        "id", "topic", "channel", "recipient", "status", "attempts", "subject", "last_error",
        "created_at", "sent_at",
    ]  # fmt: skip
    list_filter = ["status", "channel", "topic"]
    list_select_related = ["recipient"]
    search_fields = ["address", "recipient__username", "recipient__email", "subject", "dedup_key"]
    actions = ["deliver_again"]
    steps = (
        Step(
            name="deliver", title="Deliver again", permission=Can.MANAGE_SETTINGS, run=deliver,
            lawful=is_dead, icon="send",
        ),
    )  # fmt: skip

    def scope(self, request: HttpRequest) -> Any:
        return OutboxMessage.objects.all()

    @admin.action(description="Deliver dead messages again", permissions=["view"])
    def deliver_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        revived = redeliver_messages(OutboxMessage.objects.filter(pk__in=queryset.values("pk")))
        self.message_user(
            request,
            f"{revived} dead messages will be delivered again.",
            messages.SUCCESS if revived else messages.WARNING,
        )


def read(row: Notification, acting_user: Any) -> str:
    mark_read(row)
    return "Marked as read."


def is_unread(row: Notification) -> bool:
    return row.read_at is None


@admin.register(Notification)
class NotificationAdmin(HistoryAdmin):
    """A person's own messages."""

    may_view = Can.SIGN_IN
    list_display = ["title", "topic", "reference", "created_at", "read_at"]
    list_filter = ["topic", ("read_at", admin.EmptyFieldListFilter)]
    search_fields = ["title", "reference"]
    fields = ["title", "message", "topic", "reference", "created_at", "read_at"]
    steps = (
        Step(
            name="read", title="Mark as read", permission=Can.SIGN_IN, run=read,
            lawful=is_unread, icon="drafts",
        ),
    )  # fmt: skip
