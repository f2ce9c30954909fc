"""The category tree: a row for each category, its parent above or below it in the file."""

from collections.abc import Sequence, Set
from typing import Any

from common.duplicates import refuse_duplicates
from common.permissions import Can
from inventory.services.categories import TAKEN
from operations.exchange.fields import Code, Field, Name
from operations.exchange.kinds.base import Kind, refuse_twice
from operations.exchange.kinds.category_tree import CategoryTree
from operations.exchange.staging import Work

KEY = Code(name="category_id", shortest=2, also=("category_code", "code"))
NAME = Field(name="name", longest=100, empty=None, also=("category", "category_name"))
PARENT = Name(name="parent_id", longest=100, also=("parent", "parent_category"))
MOST_CATEGORIES = 5_000


def judge(work: Work) -> None:
    """Note codes that are there twice, and files that are no tree of categories."""
    refuse_twice(work, "category_id")
    if work.rows > MOST_CATEGORIES:
        work.refuse(
            "SELECT 1, 'category_id', '', %s::text",
            [f"More than {MOST_CATEGORIES:,} categories. Is that the right file?"],
        )


def plan(work: Work) -> None:
    """Find out what the whole tree would be, note what cannot be, and stage what changes.

    With a commit the whole tree is locked first, as by those who move single categories.
    """
    if work.commits:
        work.run("SELECT id FROM inventory_category ORDER BY id FOR NO KEY UPDATE")
    tree = CategoryTree(
        work.run(
            "SELECT c.code, c.name, coalesce(p.code, '') FROM inventory_category c"
            " LEFT JOIN inventory_category p ON p.id = c.parent_id"
        ),
        work.run("SELECT line, category_id, name, parent_id FROM import_row ORDER BY line"),
        keeps_parents=not work.has("parent_id"),
    )
    if tree.problems:
        work.refuse(
            "SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[])",
            [list(column) for column in zip(*tree.problems, strict=True)],
        )
    elif work.commits:
        tree.give_codes(next_codes(work, len(tree.nameless()), taken=tree.codes))
    stage_tree(work, tree)


def stage_tree(work: Work, tree: CategoryTree) -> None:
    """Make the table of categories as they shall be, and the fates of their lines."""
    nodes = list(tree.wanted.values())
    work.run("DROP TABLE IF EXISTS import_category_final")
    work.run(
        "CREATE TEMP TABLE import_category_final"
        " (line int, code text, name text, parent text, level int, fate text) ON COMMIT DROP"
    )
    work.run(
        "INSERT INTO import_category_final SELECT * FROM unnest(%s::int[], %s::text[], %s::text[],"
        " %s::text[], %s::int[], %s::text[])",
        [
            [node.line for node in nodes], [node.code for node in nodes],
            [node.name for node in nodes], [node.parent for node in nodes],
            [tree.level(node) for node in nodes], [node.fate for node in nodes],
        ],
    )  # fmt: skip
    work.make("import_fate", "SELECT line, fate FROM import_category_final")


def next_codes(work: Work, number: int, *, taken: Set[str]) -> list[str]:
    """Return so many free codes, as single categories get them."""
    codes: list[str] = []
    while len(codes) < number:
        made = work.run(
            "SELECT 'CAT' || CASE WHEN n < 1000 THEN lpad(n::text, 3, '0') ELSE n::text END"
            " FROM (SELECT nextval('inventory_category_code_seq') AS n"
            " FROM generate_series(1, %s)) AS next",
            [number - len(codes)],
        )
        codes += [code for (code,) in made if code not in taken]
    return codes


def write_categories(work: Work) -> None:
    """Write what changes, parents before what lies below them; raises DuplicateCode."""
    levels = work.run(
        "SELECT DISTINCT level FROM import_category_final WHERE fate <> 'unchanged' ORDER BY level"
    )
    for (level,) in levels:
        with refuse_duplicates(TAKEN):
            work.run(
                "INSERT INTO inventory_category AS old"
                " (code, name, parent_id, created_at, updated_at)"
                " SELECT f.code, f.name, p.id, clock_timestamp(), clock_timestamp()"
                " FROM import_category_final f LEFT JOIN inventory_category p ON p.code = f.parent"
                " WHERE f.level = %s AND f.fate <> 'unchanged' ORDER BY f.line"
                " ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name,"
                " parent_id = EXCLUDED.parent_id, updated_at = EXCLUDED.updated_at",
                [level],
            )


def rows(user: Any) -> tuple[str, Sequence[Any]]:
    return (
        "SELECT c.code AS category_id, c.name, p.code AS parent_id FROM inventory_category c"
        " LEFT JOIN inventory_category p ON p.id = c.parent_id ORDER BY c.id",
        [],
    )


CATEGORIES = Kind(
    name="categories",
    title="Categories",
    resource="categories",
    permission=Can.MANAGE_CATALOGUE,
    fields=(KEY, NAME, PARENT),
    judge=judge,
    plan=plan,
    write=write_categories,
    rows=rows,
)
