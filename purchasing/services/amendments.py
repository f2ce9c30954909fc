"""Changes of orders that suppliers already have: what is incoming follows, and history is kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Max

from common.exceptions import InvalidInput
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from purchasing.exceptions import AlreadyReceived
from purchasing.models import PurchaseOrder, PurchaseOrderAmendment, PurchaseOrderItem
from purchasing.services.order_lines import (
    OrderLine,
    cost_of,
    insert_items,
    make_items,
    offered_costs,
    subtotal_of,
)
from purchasing.services.order_values import Change, as_json

LINE_FIELDS = ("quantity_ordered", "unit_cost", "packs", "pack_size", "pack_cost", "notes")
ZERO = Decimal(0)


def field_changes(order: PurchaseOrder, details: Mapping[str, Any]) -> list[Change]:
    """Return what details change of an order that does not have them yet."""
    return [
        {"field": name, "from": as_json(getattr(order, name)), "to": as_json(value)}
        for name, value in sorted(details.items())
        if getattr(order, name) != value
    ]


def amend_lines(order: PurchaseOrder, lines: Sequence[OrderLine], acting_user: Any) -> list[Change]:
    """Change, add and remove lines of a locked order, and return what changed.

    What is incoming follows each line. An order of which nothing is outstanding any more becomes
    received. Changes the order in memory alone. Locks the balances. Raises AlreadyReceived naming
    every line that would be ordered less than came in, and InvalidInput for a line named twice.
    """
    items = {item.pk: item for item in order.items.select_related("variation")}
    known = lines_by_item(lines, items)
    removed = [item for key, item in items.items() if key not in known]
    refuse_received(known, items, removed)
    outstanding = {item.pk: item.quantity_outstanding for item in items.values()}
    changes = change_items(order, known, items)
    changes += [whole_line(item, "from") for item in removed]
    added = add_items(order, [line for line in lines if line.item_id not in items])
    changes += [whole_line(item, "to") for item in added]
    PurchaseOrderItem.objects.filter(pk__in=[item.pk for item in removed]).delete()
    kept = [items[key] for key in known]
    order.subtotal = subtotal_of([*kept, *added])
    finish_if_complete(order, [*kept, *added])
    follow(order, outstanding, [*kept, *added], removed, acting_user)
    return changes


def lines_by_item(
    lines: Sequence[OrderLine], items: Mapping[int, PurchaseOrderItem]
) -> dict[int, OrderLine]:
    """Return the lines that are about an item of the order, by its key."""
    known: dict[int, OrderLine] = {}
    errors: dict[str, list[Any]] = {}
    for index, line in enumerate(lines):
        if line.item_id in known:
            errors[f"items.{index}.id"] = ["This line is named twice."]
        elif line.item_id is not None and line.item_id in items:
            known[line.item_id] = line
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return known


def refuse_received(
    known: Mapping[int, OrderLine],
    items: Mapping[int, PurchaseOrderItem],
    removed: Iterable[PurchaseOrderItem],
) -> None:
    """Raise AlreadyReceived where less would be ordered than came in, or a line has a receipt."""
    below = [
        (items[key], line.quantity_ordered)
        for key, line in known.items()
        if line.quantity_ordered != items[key].quantity_ordered
        and line.quantity_ordered < items[key].quantity_received
    ]
    below += [(item, ZERO) for item in removed if item.quantity_received or item.quantity_rejected]
    if below:
        raise AlreadyReceived(
            "Goods came in of lines that would be ordered less. Order at least what was received.",
            {
                "lines": [
                    {
                        "id": item.pk,
                        "position": item.position,
                        "sku": item.variation.sku_code,
                        "quantity_received": item.quantity_received,
                        "quantity_rejected": item.quantity_rejected,
                        "requested": wanted,
                    }
                    for item, wanted in below
                ]
            },
        )


def change_items(
    order: PurchaseOrder, known: Mapping[int, OrderLine], items: Mapping[int, PurchaseOrderItem]
) -> list[Change]:
    """Save what lines change of their items, and return it."""
    offers = offered_costs(order, known.values())
    changes: list[Change] = []
    changed = []
    for key, line in known.items():
        item = items[key]
        wanted = {
            "quantity_ordered": line.quantity_ordered,
            "unit_cost": cost_of(line, offers),
            "packs": line.packs,
            "pack_size": line.pack_size,
            "pack_cost": line.pack_cost,
            "notes": line.notes,
        }
        told = [
            {**named(item), "field": name, "from": as_json(getattr(item, name)), "to": as_json(to)}
            for name, to in wanted.items()
            if getattr(item, name) != to
        ]
        if told:
            for name, to in wanted.items():
                setattr(item, name, to)
            changed.append(item)
            changes += told
    PurchaseOrderItem.objects.bulk_update(changed, LINE_FIELDS)
    return changes


def add_items(order: PurchaseOrder, lines: Sequence[OrderLine]) -> Sequence[PurchaseOrderItem]:
    """Save new lines behind those that the order has, or ever had in a row."""
    if not lines:
        return []
    last = order.items.aggregate(last=Max("position"))["last"] or 0
    return insert_items(make_items(order, lines, last + 1))


def finish_if_complete(order: PurchaseOrder, items: Iterable[PurchaseOrderItem]) -> None:
    """Let a partially received order of which all is in be received, as of its last receipt."""
    if order.status != PurchaseOrder.Status.PARTIALLY_RECEIVED:
        return
    if not any(item.quantity_outstanding for item in items):
        end_as_received(order)


def end_as_received(order: PurchaseOrder) -> None:
    """Let a locked order be received as of its last receipt; saved by the caller."""
    order.status = PurchaseOrder.Status.RECEIVED
    order.actual_delivery_date = order.receipts.latest("pk").occurred_at


def follow(
    order: PurchaseOrder,
    outstanding: Mapping[int, Decimal],
    items: Iterable[PurchaseOrderItem],
    removed: Iterable[PurchaseOrderItem],
    acting_user: Any,
) -> None:
    """Bring what is incoming of each variation to what the lines now lack."""
    differences: dict[int, Decimal] = defaultdict(Decimal)
    for item in items:
        difference = item.quantity_outstanding - outstanding.get(item.pk, ZERO)
        differences[item.variation_id] += difference
    for item in removed:
        differences[item.variation_id] -= outstanding[item.pk]
    apply_stock_changes(
        [
            StockChange(
                variation_id=variation_id, warehouse_id=order.warehouse_id, incoming=difference
            )
            for variation_id, difference in differences.items()
            if difference
        ],
        acting_user=acting_user,
    )


def record_amendment(
    order: PurchaseOrder,
    changes: list[Change],
    total_before: Decimal,
    reason: str,
    acting_user: Any,
) -> None:
    """Write down what changed in a locked order, as its next amendment."""
    if not changes:
        return
    last = order.amendments.aggregate(last=Max("number"))["last"] or 0
    PurchaseOrderAmendment.objects.create(
        order=order,
        number=last + 1,
        reason=reason,
        changes=changes,
        total_before=total_before,
        total_after=order.present_total,
        amended_by=acting_user,
    )


def whole_line(item: PurchaseOrderItem, held: str) -> Change:
    """Say that a line was added (`to`) or removed (`from`)."""
    values = {name: as_json(getattr(item, name)) for name in LINE_FIELDS}
    line = {name: value for name, value in values.items() if value is not None}
    return {**named(item), "field": "line", "from": None, "to": None, held: line}


def named(item: PurchaseOrderItem) -> Change:
    return {"line": item.position, "sku": item.variation.sku_code}
