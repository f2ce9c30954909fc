"""The goods that a document is about, as mails list them."""

from typing import Any

from common.documents.words import amount_of

MOST_LINES = 100
# What a document's lines are called, and what they may say beside what was asked for.
GIVEN = {
    "quantity_approved": "Given", "quantity_shipped": "Shipped", "quantity_damaged": "Damaged",
    "quantity_lost": "Lost", "quantity_returned": "Went back",
}  # fmt: skip


def goods_of(document: Any) -> dict[str, Any]:
    """Return the lines of a document for a table and as sentences; of a count there are none.

    What was given is told once something was.
    """
    if not hasattr(document, "lines") or not hasattr(document.lines.model, "quantity"):
        return {}
    lines = list(document.lines.select_related("variation__product").order_by("position"))
    shown = lines[:MOST_LINES]
    columns, names = ["Goods", "Quantity"], ["quantity"]
    for name, word in GIVEN.items():
        if any(getattr(line, name, 0) for line in lines):
            columns.append(word)
            names.append(name)
    rows = [cells(line, names) for line in shown]
    more = len(lines) - len(shown)
    return {
        "columns": columns,
        "rows": rows,
        "lines": [sentence(columns, row) for row in rows],
        "further": f"{more} further lines stand in the document." if more else "",
    }


def cells(line: Any, names: list[str]) -> list[str]:
    variation = line.variation
    quantities = [f"{amount_of(getattr(line, name))} {variation.stock_unit}" for name in names]
    return [f"{variation.product.name} ({variation.sku_code})", *quantities]


def sentence(columns: list[str], row: list[str]) -> str:
    goods, quantity, *others = row
    told = [f"{word.lower()} {value}" for word, value in zip(columns[2:], others, strict=True)]
    return f"{goods}: {', '.join([quantity, *told])}"
