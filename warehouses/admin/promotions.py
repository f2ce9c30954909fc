"""Requests that somebody becomes a manager."""

from typing import Any

from django.contrib import admin
from unfold.decorators import display

from common.admin import ReadOnlyAdmin
from common.admin_steps import NotesForm, Step
from common.permissions import Can
from warehouses.admin.filters import OwnWarehouseFilter
from warehouses.models import PromotionRequest
from warehouses.services import approve_promotion, reject_promotion

State = PromotionRequest.State
STATE_LABELS = {
    "Pending": "warning", "Approved": "success", "Rejected": "danger", "Withdrawn": "info",
}  # fmt: skip


def approve(row: PromotionRequest, acting_user: Any, notes: str) -> str:
    approve_promotion(request=row, note=notes, acting_user=acting_user)
    return f"{row.user} is a manager now."


def reject(row: PromotionRequest, acting_user: Any, notes: str) -> str:
    reject_promotion(request=row, note=notes, acting_user=acting_user)
    return f"{row.code} is rejected; {row.user} stays {row.user.role}."


def is_open(row: PromotionRequest) -> bool:
    return row.state == State.PENDING


@admin.register(PromotionRequest)
class PromotionRequestAdmin(ReadOnlyAdmin):
    """Managers see what was asked for in their warehouses; administrators decide."""

    may_view = Can.MANAGE_PEOPLE
    list_display = ["code", "user", "warehouse", "shown_state", "requested_by", "created_at"]
    list_filter = ["state", OwnWarehouseFilter]
    list_select_related = ["user", "warehouse", "requested_by"]
    search_fields = ["code", "user__username", "requested_by__username"]
    fields = [
        "code", "user", "warehouse", "state", "reason", "requested_by", "created_at", "decided_by",
        "decided_at", "note",
    ]  # fmt: skip
    steps = (
        Step(
            name="approve", title="Make a manager", permission=Can.MANAGE_USERS, run=approve,
            form=NotesForm, lawful=is_open, icon="trending_up",
            explanation="The new rights hold at once.",
        ),
        Step(
            name="reject", title="Refuse", permission=Can.MANAGE_USERS, run=reject,
            form=NotesForm, lawful=is_open, icon="block", is_final=True,
        ),
    )  # fmt: skip

    @display(description="State", ordering="state", label=STATE_LABELS)
    def shown_state(self, row: PromotionRequest) -> str:
        return State(row.state).label
