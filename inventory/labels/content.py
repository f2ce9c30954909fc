"""What of a variation stands on its label."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from django.conf import settings

from common.exceptions import InvalidInput
from inventory.barcodes import Symbol, carries_lot, code_of, gs1_symbol_of, gtin_of, symbol_of
from inventory.labels.drawing import Label, fits_barcode, fits_qr
from inventory.labels.formats import LabelFormat
from inventory.labels.sheet import sheet_of
from inventory.models import ProductVariation, Stock

FIELDS = ("name", "sku", "barcode", "qr", "price", "attributes", "bin", "lot")
DEFAULT_FIELDS = ("name", "sku", "barcode", "price", "lot")
MOST_LINES, MOST_LABELS = 1_000, 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLine:
    """So many labels of a variation; lot and expiry are those of the goods at hand."""

    variation: ProductVariation
    quantity: int = 1
    lot_number: str = ""
    expiration_date: date | None = None
    bin_location: str = ""


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
    errors: dict[str, list[Any]] = {}
    labels = []
    for number, line in enumerate(lines):
        try:
            labels.append((label_of(line, label_format, fields), line.quantity))
        except InvalidInput as error:
            errors[f"lines.{number}"] = [error.message]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return sheet_of(labels, label_format, start=start, border=border)


def load_attributes(lines: Sequence[LabelLine]) -> None:
    """Read in one query what whoever found the variations may have left out."""
    keys = {line.variation.pk for line in lines}
    attributes = dict(ProductVariation.objects.filter(pk__in=keys).values_list("pk", "attributes"))
    for line in lines:
        line.variation.attributes = attributes[line.variation.pk]


def label_of(line: LabelLine, label_format: LabelFormat, fields: Sequence[str]) -> Label:
    """Return what stands on a label; raises InvalidInput where a symbol would be unreadable."""
    barcode = symbol_for(line, fields) if "barcode" in fields else None
    if barcode is not None and not fits_barcode(barcode, label_format):
        raise InvalidInput(
            f"{barcode.text} is too long for a barcode on {label_format.title}: "
            "choose a wider label, or a QR code."
        )
    qr = qr_payload(line.variation) if "qr" in fields else ""
    if qr and not fits_qr(qr, label_format, beside_barcode=barcode is not None):
        raise InvalidInput(
            f"The QR code of {line.variation.sku_code} is too small to be read on "
            f"{label_format.title}: choose a larger label, or leave the barcode out."
        )
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
