"""What a scanner sent: the codes that may be meant, and what GS1 says beside them.

Symbology identifiers are those of ISO/IEC 15424; GS1 element strings come with FNC1 as the group
separator (0x1D), or written with parentheses, or as a Digital Link address.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from common.exceptions import InvalidInput
from inventory.gs1 import (
    WRONG_CHECK_DIGIT,
    Gs1Data,
    elements_of,
    gs1_data,
    linked_elements,
    readable_elements,
)
from inventory.gtin import (
    SSCC_LENGTH,
    adds_up,
    contained_item,
    has_wrong_check_digit,
    is_digits,
    spellings,
    upc_a_of,
)

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementString

LONGEST_CODE = 300
GS1_SYMBOLS = {
    "]C1": "gs1-128", "]d2": "gs1-datamatrix", "]Q3": "gs1-qr", "]e0": "gs1-databar",
    "]e1": "gs1-databar", "]e2": "gs1-databar", "]J1": "gs1-dotcode",
}  # fmt: skip
SYMBOLS = {
    "]A0": "code39", "]A1": "code39", "]C0": "code128", "]C2": "code128", "]E0": "ean13",
    "]E4": "ean8", "]F0": "codabar", "]G0": "code93", "]I0": "itf", "]I1": "itf", "]L0": "pdf417",
    "]L2": "pdf417", "]Q0": "qr", "]Q1": "qr", "]Q2": "qr", "]d0": "datamatrix",
    "]d1": "datamatrix", "]d4": "datamatrix", "]z0": "aztec", **GS1_SYMBOLS,
}  # fmt: skip
IDENTIFIER = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
PRINTED_NUMBER = re.compile(r"[0-9][0-9 -]*[0-9]")
TRADE_ITEMS = {8: "ean8", 12: "upca", 13: "ean13", 14: "gtin14"}
ADDRESS = ("http://", "https://")
NOT_GS1 = "The symbol is a GS1 one, but its content is not GS1 element strings."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedCode:
    """A scan: `code` is what to look for, `looks_like` what its form is that of."""

    scanned: str
    code: str
    looks_like: str
    symbology: str | None = None
    gs1: Gs1Data | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def number(self) -> str:
        return self.gs1.gtin if self.gs1 and self.gs1.gtin else self.code

    @property
    def barcodes(self) -> set[str]:
        """The spellings of what was scanned."""
        return {self.code, *spellings(self.number), *spellings(unspaced(self.number))}

    @property
    def contained(self) -> set[str]:
        """The spellings of the number of what is in the case that was scanned, if it is one."""
        item = contained_item(unspaced(self.number))
        return spellings(item) if item else set()


def read_code(scanned: str) -> ScannedCode:
    """Return what a scan may mean; raises InvalidInput for one that is empty or far too long."""
    text = scanned.strip(" \t\r\n")
    if not text or len(text) > LONGEST_CODE:
        message = f"Send what was scanned, at most {LONGEST_CODE} characters."
        raise InvalidInput(message, {"code": [message]})
    identifier = text[:3] if IDENTIFIER.match(text) else ""
    symbology = SYMBOLS.get(identifier)
    text = text.removeprefix(identifier) if symbology else text
    if text.lower().startswith(ADDRESS):
        return address_code(scanned, text, symbology)
    is_gs1 = symbology in GS1_SYMBOLS.values()
    elements = elements_of(text, is_gs1=is_gs1)
    if elements is not None:
        return gs1_code(scanned, text, symbology, elements)
    partly_read = malformed_gs1(scanned, text, symbology) if text.startswith("(") else None
    if partly_read is not None:
        return partly_read
    looks_like = form_of(text)
    is_wrong = has_wrong_check_digit(text) and looks_like == "text"
    warnings = [*([WRONG_CHECK_DIGIT] if is_wrong else []), *([NOT_GS1] if is_gs1 else [])]
    return ScannedCode(
        scanned=scanned, code=text, looks_like=looks_like, symbology=symbology, warnings=warnings
    )


def unspaced(text: str) -> str:
    """Return a number without the spaces and hyphens with which it is printed below its bars."""
    return re.sub("[ -]", "", text) if PRINTED_NUMBER.fullmatch(text) else text


def form_of(text: str) -> str:
    """Say what a text that is no GS1 message looks like."""
    number = unspaced(text)
    if upc_a_of(number) and not adds_up(number):
        return "upce"
    if is_digits(number) and adds_up(number):
        if len(number) == SSCC_LENGTH:
            return "sscc"
        return TRADE_ITEMS.get(len(number), "text")
    return "text"


def gs1_code(
    scanned: str,
    text: str,
    symbology: str | None,
    elements: "Sequence[GS1ElementString]",
    looks_like: str = "gs1",
) -> ScannedCode:
    said = gs1_data(elements)
    warnings = [WRONG_CHECK_DIGIT] if said.gtin and has_wrong_check_digit(said.gtin) else []
    return ScannedCode(
        scanned=scanned,
        code=said.gtin or said.order_number or text,
        looks_like=looks_like,
        symbology=symbology,
        gs1=said,
        warnings=warnings,
    )


def malformed_gs1(scanned: str, text: str, symbology: str | None) -> ScannedCode | None:
    """Return what can be read of elements with parentheses, and warn of the rest."""
    found = readable_elements(text)
    if found is None:
        return None
    elements, gtin, warnings = found
    read = replace(gs1_code(scanned, text, symbology, elements), warnings=warnings)
    if gtin is None or read.gs1 is None or read.gs1.gtin:
        return read
    return replace(read, code=gtin, gs1=replace(read.gs1, gtin=gtin))


def address_code(scanned: str, address: str, symbology: str | None) -> ScannedCode:
    """Return the code in an address: of a QR code of ours, or of a GS1 Digital Link."""
    code = code_in_address(address)
    elements = linked_elements(address) if code is None else None
    if elements is not None:
        return gs1_code(scanned, address, symbology, elements, "gs1_digital_link")
    code = code or address
    warnings = [WRONG_CHECK_DIGIT] if has_wrong_check_digit(code) else []
    return ScannedCode(
        scanned=scanned, code=code, looks_like="address", symbology=symbology, warnings=warnings
    )


def code_in_address(address: str) -> str | None:
    try:
        query = parse_qs(urlsplit(address).query)
    except ValueError:
        return None
    return next((query[name][0] for name in ("q", "code") if name in query), None)
