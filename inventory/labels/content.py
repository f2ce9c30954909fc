"""What of a variation stands on its label."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings

from common.exceptions import InvalidInput
from inventory.barcodes import (
    CODE_128,
    Symbol,
    carries_lot,
    code_of,
    gs1_symbol_of,
    gtin_of,
    symbol_of,
)
from inventory.labels.drawing import Label, fits_barcode, fits_qr
from inventory.labels.formats import LabelFormat
from inventory.labels.sheet import sheet_of
from inventory.models import ProductVariation, Stock

FIELDS = ("name", "sku", "barcode", "qr", "price", "attributes", "bin", "lot")
DEFAULT_FIELDS = ("name", "sku", "barcode", "price", "lot")
MOST_LINES, MOST_LABELS = 1_000, 5_000
BIN_NAME_SIZE = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLine:
    """So many labels of a variation; lot and expiry are those of the goods at hand."""

    variation: ProductVariation
    quantity: int = 1
    lot_number: str = ""
    expiration_date: date | None = None
    bin_location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinLine:
    """So many labels of a bin."""

    bin_location: str
    quantity: int = 1


Line = TypeVar("Line", LabelLine, BinLine)


def label_sheet(
    lines: Sequence[LabelLine],
    *,
    label_format: LabelFormat,
    fields: Sequence[str] = DEFAULT_FIELDS,
    start: int = 1,
    border: bool = False,
) -> bytes:
    """Return the PDF of some lines' labels, their variations loaded with their product.

    Raises InvalidInput that names each line whose symbol does not fit the label.
    """
    if "attributes" in fields:
        load_attributes(lines)
    labels = labels_of(lines, lambda line: label_of(line, label_format, fields))
    return sheet_of(labels, label_format, start=start, border=border)


def bin_sheet(
    lines: Sequence[BinLine],
    *,
    label_format: LabelFormat,
    fields: Sequence[str] = DEFAULT_FIELDS,
    start: int = 1,
    border: bool = False,
) -> bytes:
    """Return the PDF of labels of bins: their name, large, and its barcode or QR code.

    Of the fields those two count. Raises InvalidInput as label_sheet.
    """
    labels = labels_of(lines, lambda line: bin_label_of(line, label_format, fields))
    return sheet_of(labels, label_format, start=start, border=border)


def labels_of(lines: Sequence[Line], make: Callable[[Line], Label]) -> list[tuple[Label, int]]:
    """Return the label of each line and how many; raises InvalidInput that names the bad ones."""
    errors: dict[str, list[Any]] = {}
    labels = []
    for number, line in enumerate(lines):
        try:
            labels.append((make(line), line.quantity))
        except InvalidInput as error:
            errors[f"lines.{number}"] = [error.message]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return labels


def bin_label_of(line: BinLine, label_format: LabelFormat, fields: Sequence[str]) -> Label:
    """Return the label of a bin; raises InvalidInput where its symbol would be unreadable."""
    barcode = symbol_of(line.bin_location, CODE_128) if "barcode" in fields else None
    qr = line.bin_location if "qr" in fields else ""
    require_room(line.bin_location, barcode, qr, label_format)
    return Label(name=line.bin_location, barcode=barcode, qr=qr, name_size=BIN_NAME_SIZE)


def require_room(title: str, barcode: Symbol | None, qr: str, label_format: LabelFormat) -> None:
    """Raise InvalidInput where a symbol would be too small to be read."""
    if barcode is not None and not fits_barcode(barcode, label_format):
        raise InvalidInput(
            f"{barcode.text} is too long for a barcode on {label_format.title}: "
            "choose a wider label, or a QR code."
        )
    if qr and not fits_qr(qr, label_format, beside_barcode=barcode is not None):
        raise InvalidInput(
            f"The QR code of {title} is too small to be read on "
            f"{label_format.title}: choose a larger label, or leave the barcode out."
        )


def load_attributes(lines: Sequence[LabelLine]) -> None:
    """Read in one query what whoever found the variations may have left out."""
    keys = {line.variation.pk for line in lines}
    attributes = dict(ProductVariation.objects.filter(pk__in=keys).values_list("pk", "attributes"))
    for line in lines:
        line.variation.attributes = attributes[line.variation.pk]


def label_of(line: LabelLine, label_format: LabelFormat, fields: Sequence[str]) -> Label:
    """Return what stands on a label; raises InvalidInput where a symbol would be unreadable."""
    barcode = symbol_for(line, fields) if "barcode" in fields else None
    qr = qr_payload(line.variation) if "qr" in fields else ""
    require_room(line.variation.sku_code, barcode, qr, label_format)
    return Label(
        name=line.variation.product.name if "name" in fields else "",
        details=tuple(text for text in details_of(line, fields) if text),
        barcode=barcode,
        qr=qr,
    )


def symbol_for(line: LabelLine, fields: Sequence[str]) -> Symbol:
    """Return GS1-128 where the goods have a lot or an expiry and a trade item number."""
    gtin = gtin_of(line.variation)
    has_more = "lot" in fields and (line.lot_number or line.expiration_date is not None)
    if gtin is not None and has_more and carries_lot(line.lot_number):
        return gs1_symbol_of(gtin, expires=line.expiration_date, lot_number=line.lot_number)
    return symbol_of(code_of(line.variation))


def details_of(line: LabelLine, fields: Sequence[str]) -> list[str]:
    makers: dict[str, Callable[[LabelLine], str]] = {
        "sku": lambda line: line.variation.sku_code,
        "price": price_of,
        "attributes": attributes_of,
        "bin": lambda line: line.bin_location,
        "lot": lot_of,
    }
    return [make(line) for field, make in makers.items() if field in fields]


def price_of(line: LabelLine) -> str:
    return f"{line.variation.selling_price:,.2f} {line.variation.product.currency}"


def attributes_of(line: LabelLine) -> str:
    return ", ".join(f"{name}: {value}" for name, value in line.variation.attributes.items())


def lot_of(line: LabelLine) -> str:
    lot = f"Lot {line.lot_number}" if line.lot_number else ""
    expires = f"exp. {line.expiration_date}" if line.expiration_date else ""
    return " ".join(text for text in (lot, expires) if text)


def qr_payload(variation: ProductVariation) -> str:
    """Return what a QR code carries: the address of the variation in the back office.

    A telephone opens it, and /api/scan/ knows the SKU in it.
    """
    return (
        f"{settings.PUBLIC_URL}/admin/inventory/productvariation/"
        f"?q={quote(variation.sku_code, safe='')}"
    )


def with_bins(lines: Sequence[LabelLine], warehouse: Any) -> list[LabelLine]:
    """Return the lines with the bin that their variation has in a warehouse, in one query."""
    bins = dict(
        Stock.objects.filter(
            warehouse=warehouse, variation__in=[line.variation.pk for line in lines]
        ).values_list("variation_id", "bin_location")
    )
    return [
        LabelLine(
            variation=line.variation,
            quantity=line.quantity,
            lot_number=line.lot_number,
            expiration_date=line.expiration_date,
            bin_location=line.bin_location or bins.get(line.variation.pk, ""),
        )
        for line in lines
    ]
