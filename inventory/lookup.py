"""Which variations the lines of a body mean, found in two queries for any number of lines."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, CharField, Q, Subquery

from common.compiled_queries import CompiledQuery, Given
from common.exceptions import InvalidInput
from common.references import matched
from inventory.models import Product, ProductVariation
from inventory.scanned_codes import ScannedCode

# Without what is long and no posting or order looks at; it would be read when somebody did.
BY_REFERENCE = CompiledQuery(
    lambda: (
        ProductVariation.objects.select_related("product")
        .defer(
            "attributes",
            "product__description",
            "product__specifications",
            "product__tags",
            "product__storage_requirements",
        )
        .filter(
            Q(sku_code__any=Given("codes", ArrayField(CharField())))
            | Q(pk__any=Given("keys", ArrayField(BigIntegerField())))
        )
        .order_by()
    )  # fmt: skip
)
MOST_VARIATIONS = 50  # that one scanned code shows
VARIATION_KEYS = ("product_variation", "sku", "sku_code")


def find_variations(
    lines: Sequence[Mapping[str, Any]], path: str = "items"
) -> list[ProductVariation]:
    """Return the variation of each line, in order, with its product loaded.

    A line names it by `product_variation` (SKU or id), `sku`, or `product_id` (code or id; means
    the default variation). Raises InvalidInput that names every line with an unknown one, under
    `path.<index>.<key>`, or `<key>` alone where `path` is empty.
    """
    named = [named_by(line) for line in lines]
    skus = {str(value) for key, value in named if key in VARIATION_KEYS}
    products = {str(value) for key, value in named if key == "product_id"}
    variations = matched(
        skus, "sku_code", lambda codes, keys: BY_REFERENCE.all(codes=codes, keys=keys)
    )
    defaults = default_variations(products)
    errors: dict[str, list[Any]] = {}
    found = []
    for index, (key, value) in enumerate(named):
        variation = (variations if key in VARIATION_KEYS else defaults).get(str(value))
        if variation is None:
            field = f"{path}.{index}.{key}" if path else key
            errors[field] = [explain(key, value)]
        else:
            found.append(variation)
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return found


def named_by(line: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the key that names the variation, and its value."""
    for key in (*VARIATION_KEYS, "product_id"):
        if line.get(key) not in (None, ""):
            return key, line[key]
    return "product_id", ""


def default_variations(references: set[str]) -> dict[str, ProductVariation]:
    """Return the default variation of each product reference."""
    if not references:
        return {}
    products = Product.objects.by_references(references)
    defaults = {
        variation.product_id: variation
        for variation in ProductVariation.objects.select_related("product").filter(
            product__in=products.values(), is_default=True
        )
    }
    return {
        reference: defaults[product.pk]
        for reference, product in products.items()
        if product.pk in defaults
    }


def explain(key: str, value: Any) -> str:
    if value == "":
        return "Name a product: product_id, sku or product_variation."
    noun = "SKU" if key in VARIATION_KEYS else "product"
    return f'Unknown {noun} "{str(value)[:50]}". Use a code or id of the catalogue.'


def variations_of_code(code: ScannedCode) -> list[ProductVariation]:
    """Return the variations that a scanned code may mean, in one query, with their products.

    By barcode or SKU, else what is in the case of that number, else all variations of the product
    of that code. A barcode may belong to several.
    """
    name = code.code.upper()
    product = Product.objects.filter(code=name).order_by().values("pk")[:1]
    found = list(
        ProductVariation.objects.select_related("product")
        .filter(
            Q(sku_code=name)
            | Q(barcode__in=code.barcodes | code.contained)
            | Q(product=Subquery(product))
        )
        .order_by("pk")[:MOST_VARIATIONS]
    )
    named = [one for one in found if one.sku_code == name or one.barcode in code.barcodes]
    return named or [one for one in found if one.barcode in code.contained] or found
