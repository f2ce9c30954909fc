"""Telling who decides that a document waits for them, and who asked for it what was decided."""

from collections.abc import Collection
from typing import Any

from common.permissions import Can
from inventory.models import AdjustmentRequest, StockCount, TransferRequest
from users.models import User
from warehouses.models import Warehouse
from warehouses.services.tell import tell

DOCUMENT_WAITS = "inventory.document_waits"
DOCUMENT_DECIDED = "inventory.document_decided"
TRANSFER_SHIPPED = "inventory.transfer_shipped"
TRANSFER_DISCREPANCY = "inventory.transfer_discrepancy"
COUNT_ASSIGNED = "inventory.count_assigned"
DOCUMENTS: dict[str, Any] = {
    "transfer": TransferRequest,
    "adjustment": AdjustmentRequest,
    "count": StockCount,
}


def register_document(kind: str, model: Any) -> None:
    """Let documents of a higher app be told of by the same mails."""
    DOCUMENTS[kind] = model


def tell_transfer_waits(transfer: TransferRequest) -> None:
    """Tell the others who decide transfers that one waits for them."""
    deciders = User.objects.who_can(Can.DECIDE_TRANSFERS).exclude(pk=transfer.requested_by_id)
    tell_waits("transfer", transfer, deciders, f"Transfer {transfer.code} waits for a decision")


def tell_adjustment_waits(adjustment: AdjustmentRequest) -> None:
    """Tell the other managers of the warehouse that an adjustment waits for them."""
    tell_waits(
        "adjustment",
        adjustment,
        deciders_in(
            adjustment.warehouse, Can.DECIDE_STOCK_CORRECTIONS, but=adjustment.requested_by_id
        ),
        f"Adjustment {adjustment.code} waits for a decision",
    )


def tell_count_waits(count: StockCount) -> None:
    """Tell the other managers of the warehouse that a count waits for them."""
    tell_waits(
        "count",
        count,
        deciders_in(count.warehouse, Can.DECIDE_STOCK_CORRECTIONS, but=count.submitted_by_id),
        f"Count {count.code} waits for a decision",
    )


def tell_count_assigned(count: StockCount, acting_user: Any) -> None:
    """Tell who shall count that a count is given to them, unless they took it themselves."""
    person = count.assigned_to
    if person is None or person.pk == acting_user.pk:
        return
    tell(
        [person],
        topic=COUNT_ASSIGNED,
        payload={"kind": "count", "id": count.pk},
        key=f"count:{count.pk}:assigned:{moment_of(count)}",
        title=f"Count {count.code} is yours to count",
        reference=count.code,
    )


def tell_transfer_shipped(transfer: TransferRequest, *, but: Collection[int | None]) -> None:
    """Tell who receives goods at the destination that some are on their way to it.

    Where nobody of the destination does, the administrators are told. `but` are those who know; of
    goods that were received at once nobody is told.
    """
    if not transfer.is_on_the_way:
        return
    place = transfer.to_warehouse
    receivers = deciders_in(place, Can.POST_STOCK, but=None)
    tell(
        list(receivers.exclude(pk__in=[one for one in but if one]).order_by("pk")),
        topic=TRANSFER_SHIPPED,
        payload={"kind": "transfer", "id": transfer.pk},
        key=f"transfer:{transfer.pk}:shipped",
        title=f"Transfer {transfer.code} is on its way to {place.code}",
        reference=transfer.code,
    )


def tell_discrepancy(transfer: TransferRequest, wrong: str, acting_user: Any) -> None:
    """Tell who asked for a transfer and who shipped it that not all of it arrived well."""
    concerned = {transfer.requested_by_id, transfer.shipped_by_id} - {acting_user.pk, None}
    tell(
        list(User.objects.active().filter(pk__in=concerned).order_by("pk")),
        topic=TRANSFER_DISCREPANCY,
        payload={"kind": "transfer", "id": transfer.pk},
        key=f"transfer:{transfer.pk}:wrong:{moment_of(transfer)}",
        title=f"Transfer {transfer.code}: {wrong}",
        reference=transfer.code,
    )


def deciders_in(warehouse: Warehouse, permission: Can, *, but: int | None) -> Any:
    """Return who else decides something in a warehouse: its people, else the administrators."""
    able = User.objects.who_can(permission).exclude(pk=but)
    local = able.filter(warehouse_memberships__warehouse=warehouse).distinct()
    return local if local.exists() else able.filter(role="admin")


def tell_waits(kind: str, document: Any, people: Any, title: str) -> None:
    tell(
        list(people.order_by("pk")),
        topic=DOCUMENT_WAITS,
        payload={"kind": kind, "id": document.pk},
        key=f"{kind}:{document.pk}:waits:{moment_of(document)}",
        title=title,
        reference=document.code,
    )


def tell_decided(kind: str, document: Any, asked_by_id: int | None) -> None:
    """Tell who asked for a document what was decided, and why."""
    word, reason = document.get_status_display().lower(), " ".join(document.decision_note.split())
    title = f"{kind.capitalize()} {document.code} is {word}"
    tell(
        list(User.objects.active().filter(pk=asked_by_id)),
        topic=DOCUMENT_DECIDED,
        payload={"kind": kind, "id": document.pk},
        key=f"{kind}:{document.pk}:decided:{moment_of(document)}",
        title=f"{title}: {reason}" if reason else title,
        reference=document.code,
    )


def moment_of(document: Any) -> int:
    """Return what differs where a document waits, or is decided, a second time."""
    return int(document.updated_at.timestamp() * 1_000_000)
