"""How figures, days, people and file names are written on printed documents and in mails."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
CENT = Decimal("0.01")


def money(amount: Decimal, currency: str = "") -> str:
    """Write an amount with two decimals, such as 1,234.50 EUR."""
    rounded = amount.quantize(CENT, ROUND_HALF_UP) + 0  # which writes no -0.00
    return f"{rounded:,f} {currency}".rstrip()


def unit_price(amount: Decimal) -> str:
    """Write a price per unit with the decimals that it has, two at least."""
    shown = amount.normalize()
    return money(amount) if shown == shown.quantize(CENT) else f"{shown:,f}"


def amount_of(quantity: Decimal) -> str:
    """Write a quantity without zeros behind it."""
    return f"{quantity.normalize():,f}"


def day(moment: date) -> str:
    """Write a day so that nobody takes the month for the day, such as 3 March 2026."""
    return f"{moment.day} {moment:%B %Y}"


def name_of(person: Any) -> str:
    """Write who somebody is, or nothing for nobody."""
    return (person.get_full_name() or person.username) if person else ""


def joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def address_lines(place: Any) -> list[str]:
    """Write where a warehouse or a supplier is, below its name."""
    return [place.street, joined(place.postal_code, place.city, place.state), place.country]


def file_name(code: str, ending: str) -> str:
    """Return the name of a document's file; business codes may hold slashes."""
    return f"{UNSAFE.sub('-', code).strip('.-') or 'document'}.{ending}"
