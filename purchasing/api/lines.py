"""Which lines and items the entries of a body mean."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from inventory.api.document_lines import Entry, Errors, NamedLines, only, refuse
from inventory.lookup import find_variations
from inventory.models import ProductVariation
from purchasing.models import PurchaseOrderItem
from purchasing.services.charges import ChargeLine
from purchasing.services.order_lines import OrderLine, not_orderable
from purchasing.services.receipts import ReceiptLine

Items = Sequence[PurchaseOrderItem]
STOCK_TERMS = ("quantity_ordered", "unit_cost")
DESCRIBING = {"quantity_ordered", "unit_cost", "packs", "pack_cost", "notes"}


def describes_lines(entries: Sequence[Entry]) -> bool:
    """Say whether entries tell what is ordered, and not only what arrived."""
    return any(DESCRIBING & entry.keys() for entry in entries)


def order_lines(entries: Sequence[Entry], items: Items = ()) -> list[OrderLine]:
    """Return the lines that entries describe; what an entry leaves out is as its item has it.

    Raises InvalidInput that names every bad entry.
    """
    lines = NamedLines(items)
    known = [alone(lines.meant_by(entry)) for entry in entries]
    variations = find_variations(
        [
            entry if item is None else {"sku": item.variation.sku_code}
            for entry, item in zip(entries, known, strict=True)
        ]
    )
    errors: Errors = {}
    for index, (entry, item) in enumerate(zip(entries, known, strict=True)):
        if item is None and not {"quantity_ordered", "packs"} & entry.keys():
            errors[f"items.{index}.quantity_ordered"] = ["This field is required."]
        if "packs" not in entry and is_broken_pack(entry):
            errors[f"items.{index}.quantity_ordered"] = ["Order whole packs."]
        if item is None and (reason := not_orderable(variations[index])):
            errors[f"items.{index}.product_id"] = [reason]
    refuse(errors)
    return [
        order_line(entry, item, variation)
        for entry, item, variation in zip(entries, known, variations, strict=True)
    ]


def order_line(
    entry: Entry, item: PurchaseOrderItem | None, variation: ProductVariation
) -> OrderLine:
    stored: Entry = {} if item is None else vars(item)
    line = OrderLine(
        variation=variation,
        item_id=None if item is None else item.pk,
        notes=entry.get("notes", stored.get("notes", "")),
    )
    if is_of_packs(entry, stored):
        return replace(line, **pack_terms(entry, stored))
    return replace(
        line,
        quantity_ordered=entry.get("quantity_ordered") or stored["quantity_ordered"],
        unit_cost=entry.get("unit_cost", stored.get("unit_cost")),
    )


def is_of_packs(entry: Entry, stored: Entry) -> bool:
    """Say whether an entry is of packs; quantities without a unit are in stock units."""
    if "packs" in entry or entry.get("unit") == "pack":
        return True
    if "unit" in entry or stored.get("packs") is None:
        return False
    return all(entry.get(name, stored[name]) == stored[name] for name in STOCK_TERMS)


def pack_terms(entry: Entry, stored: Entry) -> dict[str, Any]:
    """Return what an entry says of packs; what it leaves out is as its item has it.

    An entry that names packs and stock units, as an answer does, must mean the same by both.
    """
    terms = {name: stored.get(name) for name in ("packs", "pack_size", "pack_cost")}
    if "packs" in entry:
        terms |= {name: entry[name] for name in ("packs", "pack_cost") if name in entry}
        terms["quantity_ordered"] = entry.get("quantity_ordered", Decimal(0))
    elif entry.get("unit") == "pack":
        if "quantity_ordered" in entry:
            terms["packs"] = int(entry["quantity_ordered"])
        cost = entry.get("pack_cost", entry.get("unit_cost"))
        if cost is not None:
            terms["pack_cost"] = cost
    return terms


def is_broken_pack(entry: Entry) -> bool:
    quantity = entry.get("quantity_ordered", Decimal(0))
    return entry.get("unit") == "pack" and quantity != quantity.to_integral_value()


def refuse_received(entries: Sequence[Entry]) -> None:
    """Refuse entries of a new order that claim to be received."""
    refuse(
        {
            f"items.{index}.quantity_received": ["Create the order, then receive it."]
            for index, entry in enumerate(entries)
            if entry.get("quantity_received")
        }
    )


def received_in_all(entries: Sequence[Entry], items: Items) -> dict[int, Decimal]:
    """Return how much entries say was accepted in all, by item.

    Raises InvalidInput that names every entry without an item or a quantity.
    """
    errors: Errors = {}
    received: dict[int, Decimal] = {}
    whole = describes_lines(entries)
    lines = NamedLines(items)
    for index, entry in enumerate(entries):
        if "quantity_received" not in entry:
            if not whole:
                errors[f"items.{index}.quantity_received"] = ["This field is required."]
            continue
        if whole and entry["quantity_received"] in already_received(lines, entry):
            continue
        item = only(lines, entry, index, errors)
        if item is not None and item.pk in received:
            errors[f"items.{index}"] = ["This item is named twice."]
        elif item is not None:
            received[item.pk] = entry["quantity_received"]
    refuse(errors)
    return received


def already_received(items: NamedLines, entry: Entry) -> set[Decimal]:
    """Return the quantities that say nothing new where an entry repeats a whole line."""
    return {item.quantity_received for item in items.meant_by(entry)} or {Decimal(0)}


def receipt_lines(entries: Sequence[Entry], items: Items) -> list[ReceiptLine]:
    """Return the receipt lines that entries mean; raises InvalidInput naming every bad one."""
    errors: Errors = {}
    known = NamedLines(items)
    lines = []
    for index, entry in enumerate(entries):
        item = only(known, entry, index, errors)
        if item is None:
            continue
        factor = item.pack_size if entry.get("unit") == "pack" else Decimal(1)
        if factor is None:
            errors[f"items.{index}.unit"] = ["The line was not ordered in packs. Leave it out."]
        else:
            lines.append(
                ReceiptLine(
                    item_id=item.pk,
                    quantity_accepted=entry.get("quantity_accepted", Decimal(0)) * factor,
                    quantity_rejected=entry.get("quantity_rejected", Decimal(0)) * factor,
                    lot_number=entry.get("lot_number", ""),
                    expiration_date=entry.get("expiration_date"),
                )
            )
    refuse(errors)
    return lines


def alone(found: list[PurchaseOrderItem]) -> PurchaseOrderItem | None:
    return found[0] if len(found) == 1 else None


def charge_lines(entries: Sequence[Entry]) -> list[ChargeLine]:
    """Return the charges that entries describe, each of them whole: also where an order changes.

    Raises InvalidInput that names what is missing.
    """
    errors: Errors = {
        f"charges.{index}.{name}": ["This field is required."]
        for index, entry in enumerate(entries)
        for name in ("kind", "amount")
        if name not in entry
    }
    refuse(errors)
    return [
        ChargeLine(charge_id=entry.get("id"), **{k: v for k, v in entry.items() if k != "id"})
        for entry in entries
    ]
