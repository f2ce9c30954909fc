"""Rows of imports: the same file of products brought in by three ways."""

import csv
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum

from benchmarks.clock import Clock
from benchmarks.measure import Outcome, Sample, Variant, figure, rate, skipped
from benchmarks.run import Run
from inventory.models import Product, ProductVariation
from operations.exchange.kinds import KINDS
from operations.exchange.run import import_file
from operations.exchange.staging import Options
from users.models import User

FEW = 1_000  # of the file's rows, for what goes row by row
COLUMNS = ("product_id", "sku", "name", "description", "cost_price", "selling_price", "barcode")
PRODUCT_COLUMNS = ["name", "description"]
VARIATION_COLUMNS = ["cost_price", "selling_price", "barcode"]


def against_bulk_create(run: Run) -> Outcome:
    """New products with a variation each, over bulk_create with update_conflicts, unvalidated."""
    rows = run.company.scale.products
    with file_of(rows) as path:
        assert_same_catalogue(path, rows)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        outcome = compared(run, path, rows, ("bulk_create", rows, bulk_create))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    note = f"{rows} rows; all variants together took {grown // 1024} MB more than before"
    return Outcome(outcome.value, outcome.figures, note, outcome.rounds)


def against_import_export(run: Run) -> Outcome:
    """The same over django-import-export's default, which goes row by row, in rows a second."""
    try:
        import import_export  # noqa: F401, PLC0415 - for developers alone
    except ImportError:
        return skipped("django-import-export is not installed")
    rows = run.company.scale.products
    with file_of(rows) as path:
        return compared(run, path, rows, ("import-export", min(FEW, rows), import_export_default))


def compared(
    run: Run, path: Path, rows: int, other: tuple[str, int, Callable[[Path, int], object]]
) -> Outcome:
    """Import a file by turns, each time into the same catalogue."""
    variants = [
        brought("import", rows, lambda: ours(path)),
        brought(other[0], other[1], lambda: other[2](path, other[1])),
    ]
    samples: list[list[Sample]] = [[], []]
    for number in range(run.rounds):
        for index in (number % 2, (number + 1) % 2):
            samples[index].append(variants[index].run(1))
    pairs = zip(samples[0], samples[1], strict=True)
    ratios = [rate(mine, "seconds") / rate(theirs, "seconds") for mine, theirs in pairs]
    figures = tuple(
        figure(variant, taken) for variant, taken in zip(variants, samples, strict=True)
    )
    return Outcome(median(ratios), figures, f"{rows} rows", tuple(ratios))


def brought(name: str, rows: int, operation: Callable[[], object]) -> Variant:
    """A variant that counts rows; what it brought is taken back behind the clock."""

    def run(operations: int) -> Sample:
        clock = Clock()
        with transaction.atomic():
            before = clock.read()
            operation()
            after = clock.read()
            transaction.set_rollback(True)
        processor = after.processor - before.processor if clock.sees_server else None
        return Sample(rows, after.wall - before.wall, processor)

    return Variant(name, run)


@contextmanager
def file_of(rows: int) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "products.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for number in range(rows):
                code = f"BRING-{number:06d}"
                text = f"What a product of number {number} is described as, in a few words"
                cost = Decimal(number % 9_000 + 100) / 100
                writer.writerow(
                    [code, code, f"Brought in {number}", text, cost, cost * 2, 4_000_000 + number]
                )
        yield path


def ours(path: Path) -> None:
    report = import_file(
        kind=KINDS["products"],
        path=path,
        options=Options(),
        commit=True,
        progress=lambda percent: None,
        acting_user=User.objects.filter(role="admin").first(),
    )
    assert report.is_imported, report.problems[:3]


def records(path: Path, rows: int) -> Iterator[dict[str, str]]:
    with path.open(newline="") as file:
        yield from islice(csv.DictReader(file), rows)


def bulk_create(path: Path, rows: int) -> None:
    """What the ORM offers: objects, a thousand at a time, with nothing checked."""
    found = list(records(path, rows))
    products = Product.objects.bulk_create(
        [
            Product(code=one["product_id"], name=one["name"], description=one["description"])
            for one in found
        ],
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=PRODUCT_COLUMNS,
    )
    ProductVariation.objects.bulk_create(
        [
            ProductVariation(
                product=product,
                sku_code=one["sku"],
                cost_price=Decimal(one["cost_price"]),
                selling_price=Decimal(one["selling_price"]),
                barcode=one["barcode"],
                is_default=True,
            )
            for one, product in zip(found, products, strict=True)
        ],
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["sku_code"],
        update_fields=VARIATION_COLUMNS,
    )


def import_export_default(path: Path, rows: int) -> None:
    """A resource for products and one for variations, as its documentation begins."""
    from import_export import fields, resources, widgets  # noqa: PLC0415 - for developers alone
    from tablib import Dataset  # noqa: PLC0415 - as above

    class OwnResource(resources.ModelResource):  # type: ignore[misc]
        def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
            """Leave the sequences: resetting them takes the right of their owner."""

    class ProductResource(OwnResource):
        code = fields.Field(attribute="code", column_name="product_id")

        class Meta:
            model = Product
            import_id_fields = ["code"]
            fields = ("code", *PRODUCT_COLUMNS)

    class VariationResource(OwnResource):
        sku_code = fields.Field(attribute="sku_code", column_name="sku")
        product = fields.Field(
            attribute="product",
            column_name="product_id",
            widget=widgets.ForeignKeyWidget(Product, field="code"),
        )

        class Meta:
            model = ProductVariation
            import_id_fields = ["sku_code"]
            fields = ("sku_code", "product", *VARIATION_COLUMNS)

    found = [[one[name] for name in COLUMNS] for one in records(path, rows)]
    for made in (ProductResource(), VariationResource()):
        made.import_data(Dataset(*found, headers=COLUMNS), raise_errors=True)


def assert_same_catalogue(path: Path, rows: int) -> None:
    """What is compared brings the same."""
    results: list[Any] = []
    for way in (lambda: ours(path), lambda: bulk_create(path, rows)):
        with transaction.atomic():
            way()
            brought_in = ProductVariation.objects.filter(sku_code__startswith="BRING-")
            results.append(
                brought_in.filter(is_default=True, product__name__startswith="Brought").aggregate(
                    Count("pk"), Sum("cost_price"), Sum("selling_price")
                )
            )
            transaction.set_rollback(True)
    assert results[0] == results[1], results
    assert results[0]["pk__count"] == rows
