"""Which lines of a count the entries of a body mean: by id, product, or a scanned code."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from common.exceptions import InvalidInput
from common.references import as_primary_key
from inventory.lookup import VARIATION_KEYS
from inventory.models import ProductVariation, StockCount, StockCountLine
from inventory.services.counts.entering import Entry

BodyEntry = Mapping[str, Any]
Errors = dict[str, list[Any]]
NAMES = ("id", "code", *VARIATION_KEYS, "product_id")


def entries_of(count: StockCount, bodies: Sequence[BodyEntry]) -> list[Entry]:
    """Return what bodies mean, found in two queries; raises InvalidInput naming every bad one."""
    words = {str(value).strip().upper() for body in bodies for _, value in [named(body)]}
    keys = {key for key in map(as_primary_key, words) if key is not None}
    ids = {body["id"] for body in bodies if body.get("id")}
    lines = list(
        count.lines.select_related("variation__product").filter(
            Q(pk__in=ids)
            | Q(variation__in=keys)
            | Q(variation__product__in=keys)
            | Q(variation__sku_code__in=words)
            | Q(variation__product__code__in=words)
            | Q(variation__barcode__in=words)
            | Q(bin_location__in=[str(named(body)[1]).strip() for body in bodies])
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
    entries = [meant(body, index, lines, known, errors) for index, body in enumerate(bodies)]
    if errors:
        field, texts = next(iter(errors.items()))
        raise InvalidInput(f"{field}: {texts[0]}", errors)
    return [entry for entry in entries if entry is not None]


def named(body: BodyEntry) -> tuple[str, Any]:
    """Return the key that names what was counted, and its value."""
    return next((name, body[name]) for name in NAMES if body.get(name))


def meant(
    body: BodyEntry,
    index: int,
    lines: Sequence[StockCountLine],
    known: Sequence[ProductVariation],
    errors: Errors,
) -> Entry | None:
    """Return the entry that a body means, or note why there is none."""
    key, value = named(body)
    lot = body.get("lot_number") or ""
    found = [line for line in lines if names_line(key, value, line)]
    if lot:
        found = [line for line in found if line.lot_number == lot]
    if len(found) == 1:
        return Entry(line=found[0], **amounts(body))
    field = f"lines.{index}.{key}"
    if found:
        which = ", ".join(str(line) for line in found[:10])
        errors[field] = [f"{value!r} means several lines: {which}. Name the SKU, or the lot too."]
        return None
    variations = [one for one in known if names_variation(key, value, one)]
    if len(variations) == 1:
        variation, expires = variations[0], body.get("expiration_date")
        if not lot and expires and not variation.product.lot_tracking:
            lot = expires.isoformat()
        return Entry(variation=variation, lot_number=lot, expiration_date=expires, **amounts(body))
    which = ", ".join(one.sku_code for one in variations[:10])
    errors[field] = [
        f"{value!r} means several SKUs: {which}. Name one."
        if which
        else f"Unknown {key} {str(value)[:50]!r}. Scan a SKU, a barcode or a bin of this count."
    ]
    return None


def amounts(body: BodyEntry) -> dict[str, Any]:
    return {
        "quantity": body["counted_quantity"],
        "adds": body.get("add", False),
        "notes": body.get("notes") or "",
    }


def names_line(key: str, value: Any, line: StockCountLine) -> bool:
    if key == "id":
        return line.pk == value
    is_bin = key == "code" and line.bin_location == str(value).strip()
    return is_bin or names_variation(key, value, line.variation)


def names_variation(key: str, value: Any, variation: ProductVariation) -> bool:
    text = str(value).strip()
    if key == "code":
        return text.upper() in (variation.sku_code, variation.barcode.upper())
    row: Any = variation if key in VARIATION_KEYS else variation.product
    is_default = key in VARIATION_KEYS or variation.is_default
    return is_default and text.upper() in (getattr(row, row.code_field), str(row.pk))
