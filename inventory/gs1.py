"""What GS1 element strings and Digital Link addresses say, read by biip.

Its modules are loaded where they are needed: they are heavy, and only scans need them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from inventory.gtin import has_wrong_check_digit

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementString

SEPARATOR = "\x1d"
# How scanners show the separator where they may not send it.
SHOWN_SEPARATORS = ("<GS>", "{GS}", "␝")
# A trade item number, and at least one element more, without brackets and separators.
BARE_ELEMENTS = re.compile(r"^0[12]\d{14}\d{2}.+", re.DOTALL)
BARE_TRADE_ITEM = re.compile(r"^01(\d{14})$")
BARE_SHIPMENT = re.compile(r"^00\d{18}$")
WRITTEN_ELEMENT = re.compile(r"\((\d{2,4})\)([^()]*)")
TRADE_ITEM = re.compile(r"[0-9]{14}")
NET_WEIGHT = re.compile(r"310[0-5]")
WRONG_CHECK_DIGIT = "The last digit is not the check digit of a trade item number."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gs1Element:
    """One element: its application identifier, what that means, and its value."""

    ai: str
    title: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gs1Data:
    """What the element strings say; the names of the API. Weights are in kilograms."""

    gtin: str | None = None
    lot_number: str | None = None
    expiration_date: date | None = None
    best_before_date: date | None = None
    production_date: date | None = None
    count: Decimal | None = None
    net_weight: Decimal | None = None
    serial_number: str | None = None
    order_number: str | None = None
    sscc: str | None = None
    elements: list[Gs1Element] = field(default_factory=list)

    @property
    def last_day(self) -> date | None:
        """The day that goods by date go by: where they do not expire, best before."""
        return self.expiration_date or self.best_before_date


def elements_of(text: str, *, is_gs1: bool) -> "Sequence[GS1ElementString] | None":
    """Return the element strings that a text consists of, or None where it is something else."""
    from biip import ParseError  # noqa: PLC0415 - as the module says
    from biip.gs1_messages import GS1Message  # noqa: PLC0415 - as above

    try:
        if text.startswith("("):
            return GS1Message.parse_hri(text).element_strings
        text = with_separators(text)
        if is_gs1 or SEPARATOR in text or is_bare(text):
            return GS1Message.parse(text.lstrip(SEPARATOR)).element_strings
    except ParseError:
        return None
    return None


def with_separators(text: str) -> str:
    for shown in SHOWN_SEPARATORS:
        text = text.replace(shown, SEPARATOR)
    return text


def is_bare(text: str) -> bool:
    """Say whether a text without any mark can only be elements, as cases and pallets carry them."""
    trade_item = BARE_TRADE_ITEM.match(text)
    if trade_item is not None:
        return not has_wrong_check_digit(trade_item[1])
    return bool(BARE_ELEMENTS.match(text) or BARE_SHIPMENT.match(text))


def linked_elements(address: str) -> "Sequence[GS1ElementString] | None":
    """Return the elements of a GS1 Digital Link, or None where an address is no such link."""
    from biip import ParseError  # noqa: PLC0415 - as above
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI  # noqa: PLC0415 - as above

    try:
        return GS1DigitalLinkURI.parse(address).element_strings
    except (ParseError, ValueError):  # an address that is none
        return None


def gs1_data(elements: "Sequence[GS1ElementString]") -> Gs1Data:
    """Return what some elements say; of an identifier that is there twice, the last."""
    by_ai = {element.ai.ai: element for element in elements}

    def value(*identifiers: str) -> str | None:
        return next((by_ai[ai].value for ai in identifiers if ai in by_ai), None)

    def of(ai: str, attribute: str) -> Any:
        return getattr(by_ai[ai], attribute) if ai in by_ai else None

    count = value("37", "30")
    weighed = next((ai for ai in by_ai if NET_WEIGHT.fullmatch(ai)), "")
    return Gs1Data(
        gtin=value("01", "02"),
        lot_number=value("10"),
        expiration_date=of("17", "date"),
        best_before_date=of("15", "date"),
        production_date=of("11", "date"),
        count=Decimal(count) if count else None,
        net_weight=of(weighed, "decimal"),
        serial_number=value("21"),
        order_number=value("400"),
        sscc=value("00"),
        elements=[
            Gs1Element(ai=one.ai.ai, title=one.ai.description, value=one.value) for one in elements
        ],
    )


def readable_elements(text: str) -> "tuple[list[GS1ElementString], str | None, list[str]] | None":
    """Return what can be read of elements with parentheses, and warnings of the rest.

    The second is a trade item number whose check digit is wrong. None: nothing can be read.
    """
    from biip import ParseError  # noqa: PLC0415 - as above
    from biip.gs1_messages import GS1Message  # noqa: PLC0415 - as above

    elements: list[GS1ElementString] = []
    warnings: list[str] = []
    gtin = None
    for identifier, value in WRITTEN_ELEMENT.findall(text):
        try:
            elements += GS1Message.parse_hri(f"({identifier}){value}").element_strings
        except ParseError:
            if identifier in ("01", "02") and TRADE_ITEM.fullmatch(value):
                gtin = value
                warnings.append(WRONG_CHECK_DIGIT)
            else:
                warnings.append(f"({identifier}){value} is not a valid GS1 element: left out.")
    if not elements and gtin is None:
        return None
    if outside := WRITTEN_ELEMENT.sub("", text).strip():
        warnings.append(f"{outside} belongs to no GS1 element: left out.")
    return elements, gtin, warnings
