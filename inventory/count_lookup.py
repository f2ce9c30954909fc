"""Which lines of a count the entries of a body mean: by id, product, or a scanned code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.db.models import Q

from common.exceptions import InvalidInput
from common.references import as_primary_key
from inventory.lookup import VARIATION_KEYS
from inventory.models import Product, ProductVariation, StockCount, StockCountLine
from inventory.scanned_codes import read_code
from inventory.services.counts.counters import counters_in, nobody_counts
from inventory.services.counts.entering import Entry
from warehouses.models import Warehouse

BodyEntry = Mapping[str, Any]
Errors = dict[str, list[Any]]
NAMES = ("id", "code", *VARIATION_KEYS, "product_id")


@dataclass(frozen=True, slots=True)
class Naming:
    """What a body says was counted: by which key, in which spellings, and of which lot.

    A scanned code is read as /api/scan/ reads it: GS1 says the lot and its date, a trade item
    number has several spellings, and a QR code of ours holds a SKU.
    """

    key: str
    value: Any
    words: frozenset[str]
    lot_number: str
    expires: date | None
    lot_is_scanned: bool = False

    @classmethod
    def of(cls, body: BodyEntry) -> Self:
        key = next(name for name in NAMES if body.get(name))
        value = body[key]
        lot, expires = body.get("lot_number") or "", body.get("expiration_date")
        text, is_scanned = str(value).strip(), False
        words = {text}
        if key == "code" and text:
            scan = read_code(text)
            words |= {scan.code, *scan.barcodes}
            if scan.gs1 and not lot:
                lot, expires = scan.gs1.lot_number or "", expires or scan.gs1.last_day
                is_scanned = bool(lot)
        return cls(key, value, frozenset(word.upper() for word in words), lot, expires, is_scanned)

    def lot_of(self, product: Product) -> str:
        """Return the lot that is meant: goods that track dates alone go by the date.

        A supplier's code may name a lot of goods that track none here; a person may not.
        """
        goes_by_date = product.expiration_tracking and not product.lot_tracking
        if goes_by_date and self.expires and (self.lot_is_scanned or not self.lot_number):
            return self.expires.isoformat()
        return self.lot_number if product.comes_in_lots or not self.lot_is_scanned else ""

    def means_line(self, line: StockCountLine) -> bool:
        if self.key == "id":
            return bool(line.pk == self.value)
        is_bin = self.key == "code" and line.bin_location == str(self.value).strip()
        return is_bin or self.means_variation(line.variation)

    def means_variation(self, variation: ProductVariation) -> bool:
        if self.key == "code":
            return bool(self.words & {variation.sku_code, variation.barcode.upper()})
        row: Any = variation if self.key in VARIATION_KEYS else variation.product
        is_default = self.key in VARIATION_KEYS or variation.is_default
        return is_default and bool(self.words & {getattr(row, row.code_field), str(row.pk)})


def entries_of(count: StockCount, bodies: Sequence[BodyEntry]) -> list[Entry]:
    """Return what bodies mean, found in two queries; raises InvalidInput naming every bad one."""
    namings = [Naming.of(body) for body in bodies]
    words = {word for naming in namings for word in naming.words}
    keys = {key for key in map(as_primary_key, words) if key is not None}
    ids = {naming.value for naming in namings if naming.key == "id"}
    lines = list(
        count.lines.select_related("variation__product").filter(
            Q(pk__in=ids)
            | Q(variation__in=keys)
            | Q(variation__product__in=keys)
            | Q(variation__sku_code__in=words)
            | Q(variation__product__code__in=words)
            | Q(variation__barcode__in=words)
            | Q(bin_location__in=[str(naming.value).strip() for naming in namings])
        )
    )
    known = list(
        ProductVariation.objects.select_related("product").filter(
            Q(sku_code__in=words)
            | Q(barcode__in=words)
            | Q(pk__in=keys)
            | Q(product__code__in=words, is_default=True)
            | Q(product__in=keys, is_default=True)
        )
    )
    errors: Errors = {}
    entries = [
        meant(body, naming, index, lines, known, errors)
        for index, (body, naming) in enumerate(zip(bodies, namings, strict=True))
    ]
    if errors:
        field, texts = next(iter(errors.items()))
        raise InvalidInput(f"{field}: {texts[0]}", errors)
    return [entry for entry in entries if entry is not None]


def meant(
    body: BodyEntry,
    naming: Naming,
    index: int,
    lines: Sequence[StockCountLine],
    known: Sequence[ProductVariation],
    errors: Errors,
) -> Entry | None:
    """Return the entry that a body means, or note why there is none."""
    key, value = naming.key, naming.value
    found = [line for line in lines if naming.means_line(line)]
    if naming.lot_number or naming.expires:
        found = [line for line in found if is_of_lot(line, naming)]
    if len(found) == 1:
        return Entry(line=found[0], **amounts(body))
    field = f"lines.{index}.{key}"
    if found:
        which = ", ".join(str(line) for line in found[:10])
        errors[field] = [f"{value!r} means several lines: {which}. Name the SKU, or the lot too."]
        return None
    variations = [one for one in known if naming.means_variation(one)]
    if len(variations) == 1:
        [variation] = variations
        lot = naming.lot_of(variation.product)
        return Entry(
            variation=variation,
            lot_number=lot,
            expiration_date=naming.expires if lot else None,
            **amounts(body),
        )
    which = ", ".join(one.sku_code for one in variations[:10])
    errors[field] = [
        f"{value!r} means several SKUs: {which}. Name one."
        if which
        else f"Unknown {key} {str(value)[:50]!r}. Scan a SKU, a barcode or a bin of this count."
    ]
    return None


def is_of_lot(line: StockCountLine, naming: Naming) -> bool:
    """Say whether a line is of the lot that is meant; without one any line is."""
    lot = naming.lot_of(line.variation.product)
    return not lot or line.lot_number == lot


def amounts(body: BodyEntry) -> dict[str, Any]:
    return {
        "quantity": body["counted_quantity"],
        "adds": body.get("add", False),
        "notes": body.get("notes") or "",
    }


def counter_named(reference: Any, warehouse: Warehouse) -> Any:
    """Return who is meant of those who count in a warehouse; raises InvalidInput for others."""
    if reference in (None, ""):
        return None
    person = counters_in(warehouse).by_reference(reference).first()
    if person is None:
        raise nobody_counts(str(reference), warehouse)
    return person
