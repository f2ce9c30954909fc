"""Which categories the rows of a file of products mean."""

from inventory.models import Category
from inventory.services.categories import find_category, find_or_create
from operations.exchange.staging import Work

MOST_CATEGORIES = 5_000
UNKNOWN = -1  # stands for a category that is still to be made


def find_categories(work: Work, *, make: bool) -> None:
    """Make import_category: the category of each pair of names; one to be made is UNKNOWN."""
    pairs = work.run(
        "SELECT DISTINCT coalesce(category, ''), coalesce(subcategory, '') FROM import_row"  # nosec B608
        f" LIMIT {MOST_CATEGORIES + 1}"
    )
    if len(pairs) > MOST_CATEGORIES:
        work.refuse(
            "SELECT 1, 'category', '', %s::text",
            [f"More than {MOST_CATEGORIES:,} categories. Is that the right column?"],
        )
        make, pairs = False, []
    found = [(*pair, category_key(*pair, make=make)) for pair in sorted(pairs)]
    work.run("DROP TABLE IF EXISTS import_category")
    work.run(
        "CREATE TEMP TABLE import_category (category text, subcategory text, id bigint)"
        " ON COMMIT DROP"
    )
    if found:
        categories, subcategories, keys = (list(column) for column in zip(*found, strict=True))
        work.run(
            "INSERT INTO import_category"
            " SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])",
            [categories, subcategories, keys],
        )


def category_key(name: str, below: str, *, make: bool) -> int | None:
    """Return the key of a category, or of the one below it, as the catalogue finds it."""
    if not name:
        return None
    parent: Category | None = find_or_create(name) if make else find_category(name, None)
    if parent is None:
        return UNKNOWN
    if not below:
        return parent.pk
    inner = find_or_create(below, parent) if make else find_category(below, parent)
    return inner.pk if inner else UNKNOWN


def category_of(work: Work) -> str:
    """Return SQL for a product's category; a category alone keeps a subcategory of it."""
    if not work.has("category"):
        return "e.category_id"
    if work.has("subcategory"):
        return "c.id"
    return "CASE WHEN ec.parent_id = c.id THEN e.category_id ELSE c.id END"
