"""Which units there are from the start, and whether a quantity fits one."""

from decimal import Decimal
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS

# Code, name, decimals, other names.
UNITS: tuple[tuple[str, str, int, str], ...] = (
    ("pieces", "piece", 0, "piece pcs pc each ea"),
    ("units", "of whatever unit, which nobody told", 3, "unit"),
    ("pairs", "pair", 0, "pair pr"),
    ("sets", "set", 0, "set"),
    ("packs", "pack", 0, "pack pk"),
    ("boxes", "box", 0, "box bx"),
    ("bottles", "bottle", 0, "bottle btl"),
    ("bags", "bag", 0, "bag"),
    ("rolls", "roll", 0, "roll"),
    ("pallets", "pallet", 0, "pallet plt"),
    ("kg", "kilogram", 3, "kgs kilo kilos kilogram kilograms"),
    ("g", "gram", 1, "gram grams gr"),
    ("t", "tonne", 3, "tonne tonnes"),
    ("lb", "pound", 3, "lbs pound pounds"),
    ("oz", "ounce", 2, "ounce ounces"),
    ("metres", "metre", 3, "m metre meter meters"),
    ("cm", "centimetre", 1, "centimetres centimeters"),
    ("ft", "foot", 2, "foot feet"),
    ("m2", "square metre", 3, "sqm"),
    ("m3", "cubic metre", 3, "cbm"),
    ("l", "litre", 3, "litre litres liter liters"),
    ("ml", "millilitre", 0, "millilitres milliliters"),
)


def seed_units(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Write the units that are missing, after each migration; what somebody changed stays."""
    from inventory.models import UnitOfMeasure  # noqa: PLC0415 - models are not loaded yet above

    UnitOfMeasure.objects.using(using).bulk_create(
        [
            UnitOfMeasure(code=code, name=name, decimals=decimals, aliases=aliases.split())
            for code, name, decimals, aliases in UNITS
        ],
        ignore_conflicts=True,
    )


def fits(quantity: Decimal, decimals: int) -> bool:
    """Say whether a quantity has no more decimals than its unit allows."""
    return decimals == 3 or quantity == round(quantity, decimals)


def misfit(quantity: Decimal, unit: str, decimals: int) -> str:
    """Say what is wrong with a quantity that does not fit its unit."""
    shown = f"{quantity.normalize():f}"
    if not decimals:
        return f"{unit} are counted whole: {shown} does not fit. Send a whole number."
    places = "1 decimal" if decimals == 1 else f"{decimals} decimals"
    return f"{unit} are measured to {places}: {shown} does not fit. Round it."
