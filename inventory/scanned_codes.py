"""What a scanner sent: the codes that may be meant, and what GS1 says beside them.

Symbology identifiers (ISO/IEC 15424) and GS1 element strings are read by biip, with FNC1 as the
group separator (0x1D) or written with parentheses.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from common.exceptions import InvalidInput
from inventory.gtin import GTIN_LENGTHS, has_wrong_check_digit

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementString

LONGEST_CODE = 300
SEPARATOR = "\x1d"
GS1_SYMBOLS = {"]C1": "gs1-128", "]d2": "gs1-datamatrix", "]Q3": "gs1-qr", "]e0": "gs1-databar"}
SYMBOLS = {
    "]C0": "code128", "]E0": "ean13", "]E4": "ean8", "]Q1": "qr", "]d1": "datamatrix",
    **GS1_SYMBOLS,
}  # fmt: skip
IDENTIFIER = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
# A trade item number, and at least one element more, without brackets and separators.
BARE_ELEMENTS = re.compile(r"^0[12]\d{14}\d{2}.+", re.DOTALL)
BARE_TRADE_ITEM = re.compile(r"^01(\d{14})$")
WRITTEN_ELEMENT = re.compile(r"\((\d{2,4})\)([^()]*)")
TRADE_ITEM = re.compile(r"[0-9]{14}")
WRONG_CHECK_DIGIT = "The last digit is not the check digit of a trade item number."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gs1Data:
    """What the element strings say; the names of the API."""

    gtin: str | None = None
    lot_number: str | None = None
    expiration_date: date | None = None
    count: Decimal | None = None
    serial_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedCode:
    """A scan: `code` is what to look for, `barcodes` are the spellings of one number."""

    scanned: str
    code: str
    symbology: str | None = None
    gs1: Gs1Data | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def barcodes(self) -> set[str]:
        number = self.gs1.gtin if self.gs1 and self.gs1.gtin else self.code
        return {self.code, *spellings(number)}


def read_code(scanned: str) -> ScannedCode:
    """Return what a scan may mean; raises InvalidInput for one that is empty or far too long."""
    text = scanned.strip(" \t\r\n")
    if not text or len(text) > LONGEST_CODE:
        message = f"Send what was scanned, at most {LONGEST_CODE} characters."
        raise InvalidInput(message, {"code": [message]})
    identifier = text[:3] if IDENTIFIER.match(text) else ""
    symbology = SYMBOLS.get(identifier)
    text = text.removeprefix(identifier) if symbology else text
    elements = gs1_elements(text, is_gs1=symbology in GS1_SYMBOLS.values())
    if elements is not None:
        return gs1_code(scanned, text, symbology, elements)
    partly_read = malformed_gs1(scanned, text, symbology) if text.startswith("(") else None
    if partly_read is not None:
        return partly_read
    code = code_in_address(text) or text
    warnings = [WRONG_CHECK_DIGIT] if has_wrong_check_digit(code) else []
    if symbology in GS1_SYMBOLS.values():
        warnings.append("The symbol is a GS1 one, but its content is not GS1 element strings.")
    return ScannedCode(scanned=scanned, code=code, symbology=symbology, warnings=warnings)


def gs1_code(
    scanned: str, text: str, symbology: str | None, elements: "list[GS1ElementString]"
) -> ScannedCode:
    by_ai = {element.ai.ai: element for element in elements}

    def value(ai: str) -> str | None:
        return by_ai[ai].value if ai in by_ai else None

    count = value("37") or value("30")
    gtin = value("01") or value("02")
    data = Gs1Data(
        gtin=gtin,
        lot_number=value("10"),
        expiration_date=by_ai["17"].date if "17" in by_ai else None,
        count=Decimal(count) if count else None,
        serial_number=value("21"),
    )
    warnings = [WRONG_CHECK_DIGIT] if gtin and has_wrong_check_digit(gtin) else []
    return ScannedCode(
        scanned=scanned, code=gtin or text, symbology=symbology, gs1=data, warnings=warnings
    )


def malformed_gs1(scanned: str, text: str, symbology: str | None) -> ScannedCode | None:
    """Return what can be read of elements with parentheses, and warn of the rest."""
    from biip import ParseError  # noqa: PLC0415 - heavy, and needed for scans alone
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
    read = gs1_code(scanned, text, symbology, elements)
    if gtin is None or read.gs1 is None or read.gs1.gtin:
        return replace(read, warnings=warnings)
    return replace(read, code=gtin, gs1=replace(read.gs1, gtin=gtin), warnings=warnings)


def gs1_elements(text: str, *, is_gs1: bool) -> "list[GS1ElementString] | None":
    """Return the element strings that a text consists of, or None where it is something else."""
    from biip import ParseError  # noqa: PLC0415 - heavy, and needed for scans alone
    from biip.gs1_messages import GS1Message  # noqa: PLC0415 - as above

    try:
        if text.startswith("("):
            return GS1Message.parse_hri(text).element_strings
        if is_gs1 or SEPARATOR in text or BARE_ELEMENTS.match(text) or is_bare_trade_item(text):
            return GS1Message.parse(text.lstrip(SEPARATOR)).element_strings
    except ParseError:
        return None
    return None


def is_bare_trade_item(text: str) -> bool:
    """Say whether a text is a trade item number behind its identifier, as cases carry it."""
    found = BARE_TRADE_ITEM.match(text)
    return found is not None and not has_wrong_check_digit(found[1])


def code_in_address(text: str) -> str | None:
    """Return the code in an address that a QR code of ours carries."""
    if not text.lower().startswith(("http://", "https://")):
        return None
    try:
        query = parse_qs(urlsplit(text).query)
    except ValueError:
        return None
    return next((query[name][0] for name in ("q", "code") if name in query), None)


def spellings(number: str) -> set[str]:
    """Return how a trade item number is also written: with leading zeros, or without."""
    if not (number.isascii() and number.isdigit() and len(number) in GTIN_LENGTHS):
        return {number}
    bare = number.lstrip("0")
    return {number, *(bare.zfill(length) for length in GTIN_LENGTHS if len(bare) <= length)}
