"""The list envelope: {"<resource>": [...], "pagination": {...}}."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.keyset import Keyset, Position, keyset_of

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
MOST_COUNTED = 10_000
DEEPEST_ROW = 100_000
ESTIMATE_LASTS, MOST_ESTIMATES_KEPT = 60, 1000  # seconds, lists
PAGING = {"page", "limit", "cursor", "format"}
NOT_COUNTED = PAGING | {"ordering"}

Question = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows there are, counted or, above a cap, as the database estimates."""

    number: int
    is_estimated: bool = False


class Estimates:
    """What was estimated in this process within the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.kept: dict[Question, tuple[float, int]] = {}

    def get(self, question: Question) -> int | None:
        until, number = self.kept.get(question, (0.0, 0))
        return number if self.clock() < until else None

    def keep(self, question: Question, number: int) -> None:
        if len(self.kept) >= MOST_ESTIMATES_KEPT:
            self.kept.clear()
        self.kept[question] = (self.clock() + ESTIMATE_LASTS, number)


ESTIMATES = Estimates()


def has_compiled_rows(view: Any, request: Request) -> bool:
    """Say whether a view has the rows asked for compiled: the newest, not filtered or ordered."""
    return hasattr(view, "newest_rows") and PAGING.issuperset(request.query_params)


class EnvelopePagination(BasePagination):
    """Pages by `?page=` from 1 and `?limit=` up to 100, or by `?cursor=` where there may be many.

    A view names in `keyset_fields` the orderings that a cursor can go on with. Whatever else is
    asked for is a 400 naming it.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.name = getattr(view, "resource_name", "results")
        self.limit = positive(request, "limit", DEFAULT_LIMIT, MAX_LIMIT)
        # Compiled rows have the view's own ordering, and need no statement for it.
        ordered = view.queryset if has_compiled_rows(view, request) else queryset
        keyset = keyset_of(ordered, getattr(view, "keyset_fields", ()), self.name)
        cursor = request.query_params.get("cursor")
        if cursor:
            return self.paginate_on(queryset, keyset, cursor, view)
        self.number = positive(request, "page", 1)
        offset = (self.number - 1) * self.limit
        if offset >= DEEPEST_ROW:
            raise ValidationError(
                {"page": ["So deep a page is too slow. Filter, order the other way or use cursor."]}
            )
        rows = self.newest(view, request) if offset == 0 else None
        if rows is None:
            rows = list(queryset[offset : offset + self.limit + 1])
        self.total = self.total_of(queryset, offset, len(rows), asked(request))
        if not rows and self.number > 1:
            pages = max(1, -(-self.total.number // self.limit))
            raise ValidationError({"page": [f"There are {pages} pages. Ask for one of them."]})
        return self.cut(rows, offset, keyset)

    def paginate_on(
        self, queryset: Any, keyset: Keyset | None, cursor: str, view: Any
    ) -> list[Any]:
        """Return the page after the row that a cursor stands for."""
        if keyset is None:
            raise ValidationError({"cursor": ["Not possible in this ordering. Use page."]})
        position = keyset.read(cursor)
        self.number = position.seen // self.limit + 1
        self.total = Total(position.total, position.is_estimated)
        rows = self.newest(view, view.request, position.key)
        if rows is None:
            rows = list(keyset.after(queryset, position)[: self.limit + 1])
        return self.cut(rows, position.seen, keyset)

    def newest(self, view: Any, request: Request, key: int | None = None) -> list[Any] | None:
        """Return the view's newest rows (after a key), where it has them compiled.

        None where the list is filtered or ordered, and the ORM has to write the statement.
        """
        if not has_compiled_rows(view, request):
            return None
        rows: list[Any] = view.newest_rows(self.limit + 1, key)
        return rows

    def total_of(self, queryset: Any, offset: int, found: int, question: Question) -> Total:
        """Count no further than the cap; not at all where the page shows where the list ends.

        Above the cap the estimate serves whoever asks the same again for a minute: that counting
        should not take longer than reading the page.
        """
        if found <= self.limit and (found or offset == 0):
            return Total(offset + found)
        known = ESTIMATES.get(question)
        if known is not None:
            return Total(max(known, offset + found), is_estimated=True)
        counted = queryset.order_by()[: MOST_COUNTED + 1].count()
        if counted <= MOST_COUNTED:
            return Total(counted)
        estimated = max(estimate(queryset), counted)
        ESTIMATES.keep(question, estimated)
        return Total(max(estimated, offset + found), is_estimated=True)

    def cut(self, rows: list[Any], offset: int, keyset: Keyset | None) -> list[Any]:
        """Keep the rows of the page; what was read beyond them tells that there is a next one."""
        self.has_next = len(rows) > self.limit
        rows = rows[: self.limit]
        self.next_cursor = None
        if self.has_next and keyset is not None:
            self.next_cursor = keyset.write(
                Position(
                    value=keyset.value_of(rows[-1]),
                    key=keyset.key_of(rows[-1]),
                    seen=offset + len(rows),
                    total=self.total.number,
                    is_estimated=self.total.is_estimated,
                )
            )
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                self.name: data,
                "pagination": {
                    "total_items": self.total.number,
                    "total_items_estimated": self.total.is_estimated,
                    "total_pages": max(1, -(-self.total.number // self.limit)),
                    "current_page": self.number,
                    "items_per_page": self.limit,
                    "has_next": self.has_next,
                    "has_prev": self.number > 1,
                    "next_cursor": self.next_cursor,
                },
            }
        )

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        whole = {"type": "integer", "minimum": 1}
        limit = {**whole, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        parameters = [("page", "Page, from 1.", whole), ("limit", "Rows a page.", limit)]
        if getattr(view, "keyset_fields", ()):
            text = "`next_cursor` of the page before; fast at any depth. Repeat what else you sent."
            parameters.append(("cursor", text, {"type": "string"}))
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": text,
                "schema": schema,
            }
            for name, text, schema in parameters
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        whole, flag = {"type": "integer"}, {"type": "boolean"}
        pagination = {
            "total_items": whole,
            "total_items_estimated": {
                **flag,
                "description": f"Above {MOST_COUNTED} rows nobody counts.",
            },
            "total_pages": whole,
            "current_page": whole,
            "items_per_page": whole,
            "has_next": flag,
            "has_prev": flag,
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Leads to the next page where the list pages by cursor.",
            },
        }
        return {
            "type": "object",
            "required": ["pagination"],
            "properties": {
                "results": schema,
                "pagination": {
                    "type": "object",
                    "required": list(pagination),
                    "properties": pagination,
                },
            },
        }  # fmt: skip


def estimate(queryset: Any) -> int:
    """Return how many rows the database's planner expects."""
    try:
        plan = json.loads(queryset.order_by().explain(format="json"))
    except EmptyResultSet:
        return 0
    return int(plan[0]["Plan"]["Plan Rows"])


def asked(request: Request) -> Question:
    """Return what decides how many rows a list has: who asks for what, filtered how."""
    filters = (
        (name, *values)
        for name, values in sorted(request.query_params.lists())
        if name not in NOT_COUNTED
    )
    return (request.user.pk, request.path, *filters)


def positive(request: Request, name: str, default: int, most: int | None = None) -> int:
    """Read a whole number from 1 out of the query, or refuse it by its name."""
    text = request.query_params.get(name)
    if text is None:
        return default
    remedy = f"Send a whole number from 1 to {most}." if most else "Send a whole number from 1."
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) >= 1):
        raise ValidationError({name: [remedy]})
    if most is not None and int(text) > most:
        raise ValidationError({name: [remedy]})
    return int(text)
