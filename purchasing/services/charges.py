"""The charges of an order that become part of what its goods cost in stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from common.exceptions import InvalidInput
from purchasing.exceptions import ChargeCarried
from purchasing.models import PurchaseOrder, PurchaseOrderCharge
from purchasing.services.order_values import Change, as_json

FIELDS = ("kind", "amount", "spread", "notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLine:
    """One charge as the buyer wants it; charge_id: the one that it is about, None a new one.

    amount: in the order's currency. spread: over the lines, by `value` or by `quantity`.
    """

    kind: str
    amount: Decimal
    spread: str = PurchaseOrderCharge.Spread.VALUE
    notes: str = ""
    charge_id: int | None = None


def set_charges(order: PurchaseOrder, lines: Sequence[ChargeLine]) -> list[Change]:
    """Bring a locked order's charges to these, and return what changed.

    Sets `charges_amount` in memory alone. Raises InvalidInput for amounts that are not above 0,
    and ChargeCarried where less would be charged than came into stock.
    """
    present = {charge.pk: charge for charge in order.charges.all()}
    wanted = charges_by_key(lines, present)
    refuse_carried(
        [(charge, wanted[key].amount if key in wanted else Decimal(0))
         for key, charge in present.items()]
    )  # fmt: skip
    changes: list[Change] = []
    for key, line in wanted.items():
        charge, before = present[key], facts_of(present[key])
        for name in FIELDS:
            setattr(charge, name, getattr(line, name))
        if facts_of(charge) != before:
            changes.append({"field": "charge", "from": before, "to": facts_of(charge)})
    PurchaseOrderCharge.objects.bulk_update([present[key] for key in wanted], FIELDS)
    removed = [charge for key, charge in present.items() if key not in wanted]
    added = add_charges(order, [line for line in lines if line.charge_id is None])
    changes += [{"field": "charge", "from": facts_of(one), "to": None} for one in removed]
    changes += [{"field": "charge", "from": None, "to": facts_of(one)} for one in added]
    PurchaseOrderCharge.objects.filter(pk__in=[charge.pk for charge in removed]).delete()
    order.charges_amount = sum((line.amount for line in lines), Decimal(0))
    return changes


def add_charges(order: PurchaseOrder, lines: Sequence[ChargeLine]) -> list[PurchaseOrderCharge]:
    """Save new charges of a locked order."""
    return PurchaseOrderCharge.objects.bulk_create(
        PurchaseOrderCharge(order=order, **{name: getattr(line, name) for name in FIELDS})
        for line in lines
    )


def charges_by_key(
    lines: Sequence[ChargeLine], present: dict[int, PurchaseOrderCharge]
) -> dict[int, ChargeLine]:
    """Return the lines that are about a charge of the order, by its key."""
    known: dict[int, ChargeLine] = {}
    errors: dict[str, list[Any]] = {}
    for index, line in enumerate(lines):
        if line.amount <= 0:
            errors[f"charges.{index}.amount"] = ["Send an amount above 0."]
        if line.charge_id is None:
            continue
        if line.charge_id not in present or line.charge_id in known:
            errors[f"charges.{index}.id"] = ["The order has no such charge, or it is named twice."]
        known[line.charge_id] = line
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return known


def refuse_carried(amounts: Sequence[tuple[PurchaseOrderCharge, Decimal]]) -> None:
    """Raise ChargeCarried for each charge that would be less than what came into stock of it."""
    below = [(charge, amount) for charge, amount in amounts if amount < charge.carried]
    if below:
        raise ChargeCarried(
            "Goods that came in carry more of a charge than it would be. Charge at least that.",
            {
                "lines": [
                    {"kind": charge.kind, "carried": charge.carried, "requested": amount}
                    for charge, amount in below
                ]
            },
        )


def require_shipping_carried(order: PurchaseOrder) -> None:
    """Raise ChargeCarried where shipping would cost less than goods in stock carry of it."""
    if order.shipping_cost < order.shipping_carried:
        text = (
            f"Goods that came in carry {order.shipping_carried:.2f} of the shipping cost. "
            "Send at least that."
        )
        raise ChargeCarried(text, {"shipping_cost": [text]})


def facts_of(charge: PurchaseOrderCharge) -> dict[str, Any]:
    return {name: as_json(getattr(charge, name)) for name in FIELDS}
