"""The list envelope: {"<resource>": [...], "pagination": {...}}."""

from typing import Any

from django.core.paginator import Paginator
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

DEFAULT_LIMIT, MAX_LIMIT = 20, 100


class EnvelopePagination(BasePagination):
    """Page by `?page=` from 1 and `?limit=` up to 100; anything else is a 400 naming it."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        limit = positive(request, "limit", DEFAULT_LIMIT, MAX_LIMIT)
        number = positive(request, "page", 1)
        paginator = Paginator(queryset, limit)
        if number > paginator.num_pages:
            raise ValidationError(
                {"page": [f"There are {paginator.num_pages} pages. Ask for one of them."]}
            )
        self.page = paginator.page(number)
        self.name = getattr(view, "resource_name", "results")
        return list(self.page)

    def get_paginated_response(self, data: Any) -> Response:
        page = self.page
        return Response(
            {
                self.name: data,
                "pagination": {
                    "total_items": page.paginator.count,
                    "total_pages": page.paginator.num_pages,
                    "current_page": page.number,
                    "items_per_page": page.paginator.per_page,
                    "has_next": page.has_next(),
                    "has_prev": page.has_previous(),
                },
            }
        )

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": text,
                "schema": schema,
            }
            for name, text, schema in (
                ("page", "Page, from 1.", {"type": "integer", "minimum": 1}),
                (
                    "limit",
                    "Rows a page.",
                    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 20},
                ),
            )
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        whole, flag = {"type": "integer"}, {"type": "boolean"}
        numbers = ("total_items", "total_pages", "current_page", "items_per_page")
        return {
            "type": "object",
            "required": ["pagination"],
            "properties": {
                "results": schema,
                "pagination": {
                    "type": "object",
                    "properties": dict.fromkeys(numbers, whole)
                    | {"has_next": flag}
                    | {"has_prev": flag},
                },
            },
        }


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
