"""Rows that the database writes as JSON: nothing between reads what would only be written again."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.db.models import Func, Subquery, TextField

JSON = "json"  # the name of the column


class JsonRow(Func):
    """A row as the text of a JSON object, its names in the given order; ours, never a caller's."""

    output_field = TextField()

    def __init__(self, columns: Mapping[str, Any]) -> None:
        super().__init__(*columns.values())
        self.names = tuple(columns)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        parts: list[str] = []
        parameters: list[Any] = []
        for name, column in zip(self.names, self.get_source_expressions(), strict=True):
            sql, given = compiler.compile(column)
            parts.append(f"'{name}', {sql}")
            parameters += given
        return f"json_build_object({', '.join(parts)})::text", parameters


class JsonLines(Subquery):
    """The rows of a queryset as the text of a JSON array: `rows.values(json=JsonRow(…))`."""

    template = (
        "(SELECT '[' || coalesce(string_agg(line.json, ','), '') || ']'"
        " FROM (%(subquery)s) AS line)"
    )
    output_field = TextField()


def written(rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return what stands in an answer for rows whose column `json` the database wrote."""
    return [orjson.Fragment(row[JSON]) for row in rows]
