"""Symbols that a scanner reads: which one carries a code, and its bars.

EAN-8, EAN-13 and UPC-A for trade item numbers with a right check digit; Code 128 for other ASCII;
GS1-128 for a trade item number with lot and expiry (GS1 General Specifications, 5.4).
"""

from dataclasses import dataclass
from datetime import date

from common.exceptions import InvalidInput
from inventory.gtin import has_wrong_check_digit
from inventory.models import ProductVariation

QUIET = 10  # modules of white on either side
LONGEST_CODE_128 = 80  # a hand scanner reads no wider one
LONGEST_ELEMENT = 20  # of a lot number in GS1
RETAIL = {"ean8": 8, "upca": 12, "ean13": 13}
CODE_128, GS1_128 = "code128", "gs1-128"
SYMBOLOGIES = (*RETAIL, CODE_128)
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol: `modules` is a 1 for each dark module and a 0 for each light one."""

    symbology: str
    text: str
    modules: str

    @property
    def width(self) -> int:
        """How many modules it takes with its quiet zones."""
        return len(self.modules) + 2 * QUIET


def code_of(variation: ProductVariation) -> str:
    """Return what a variation's symbol carries: its barcode, else its SKU."""
    return variation.barcode.strip() or variation.sku_code


def symbology_of(code: str) -> str:
    """Return the symbology that fits a code: a retail one only with the right check digit."""
    for symbology, length in RETAIL.items():
        if is_number(code, length) and not has_wrong_check_digit(code):
            return symbology
    return CODE_128


def symbol_of(code: str, symbology: str = AUTO) -> Symbol:
    """Return the symbol of a code; raises InvalidInput where the symbology cannot carry it."""
    if symbology == AUTO:
        symbology = symbology_of(code)
    if symbology in RETAIL:
        require_retail(code, symbology)
        modules = modules_of(symbology, code[:-1])
    else:
        require_code_128(code)
        modules = modules_of("code128", code)
    return Symbol(symbology, code, modules)


def modules_of(kind: str, content: str) -> str:
    from barcode import get  # noqa: PLC0415 - loads Pillow, for the images that it could draw

    return str(get(kind, content).build()[0])


def gs1_symbol_of(gtin: str, *, expires: date | None, lot_number: str) -> Symbol:
    """Return the GS1-128 symbol of a trade item with its lot and expiry.

    The expiry stands first: it has a fixed length, so nothing must part it from the lot.
    """
    data, text = f"01{gtin.zfill(14)}", f"(01){gtin.zfill(14)}"
    if expires is not None:
        data, text = f"{data}17{expires:%y%m%d}", f"{text}(17){expires:%y%m%d}"
    if lot_number:
        data, text = f"{data}10{lot_number}", f"{text}(10){lot_number}"
    require_code_128(data)
    return Symbol(GS1_128, text, modules_of("gs1_128", data))


def gtin_of(variation: ProductVariation) -> str | None:
    """Return the barcode where it is a trade item number with the right check digit."""
    code = variation.barcode.strip()
    known = len(code) in (8, 12, 13, 14) and is_number(code, len(code))
    return code if known and not has_wrong_check_digit(code) else None


def carries_lot(lot_number: str) -> bool:
    """Say whether GS1 can carry a lot number: 20 characters of its set."""
    return len(lot_number) <= LONGEST_ELEMENT and all(map(is_gs1_character, lot_number))


def is_gs1_character(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "!\"%&'()*+,-./:;<=>?_")


def is_number(code: str, length: int) -> bool:
    return len(code) == length and code.isascii() and code.isdigit()


def require_retail(code: str, symbology: str) -> None:
    length = RETAIL[symbology]
    if not is_number(code, length):
        refuse(f"{symbology.upper()} carries {length} digits, and {code[:50]!r} is something else.")
    if has_wrong_check_digit(code):
        refuse(f"The last digit of {code} is no check digit, so {symbology.upper()} has no such.")


def require_code_128(code: str) -> None:
    if not code:
        refuse("There is nothing to print.")
    if len(code) > LONGEST_CODE_128:
        refuse(f"Code 128 of more than {LONGEST_CODE_128} characters is too wide to be scanned.")
    wrong = next((one for one in code if not " " <= one <= "~"), None)
    if wrong is not None:
        refuse(f"Code 128 carries letters without accents, digits and signs, not {wrong!r}.")


def refuse(text: str) -> None:
    text = f"{text} Use a QR code instead."
    raise InvalidInput(text, {"symbology": [text]})


def bars_of(modules: str) -> list[tuple[int, int]]:
    """Return where each bar begins and how wide it is, in modules."""
    bars: list[tuple[int, int]] = []
    at = 0
    while at < len(modules):
        end = at
        while end < len(modules) and modules[end] == modules[at]:
            end += 1
        if modules[at] == "1":
            bars.append((at, end - at))
        at = end
    return bars
