"""The reference pages of docs/, made from the code so that they cannot fall behind it."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

from common.api.openapi import openapi_document
from common.database_rights import append_only_tables

OWN_APPS = (
    "operations", "alerts", "purchasing", "sales", "inventory", "suppliers", "warehouses", "users",
    "notifications", "common",
)  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")
MADE = "<!-- Made by `manage.py make_docs`. Do not edit: change the code and run it again. -->"


def api_documentation() -> str:
    """Return docs/api-documentation.md: every path by resource, from the OpenAPI schema."""
    schema = openapi_document()
    by_tag: dict[str, list[str]] = {}
    for path, operations in sorted(schema["paths"].items()):
        for method in METHODS:
            operation = operations.get(method)
            if operation is not None:
                tag = operation.get("tags", ["other"])[0]
                by_tag.setdefault(tag, []).append(operation_row(path, method, operation))
    lines = [
        "# API documentation",
        "",
        MADE,
        "",
        "The whole contract, with bodies and answers, is the OpenAPI schema at `/api/schema/`,",
        "shown at `/api/docs/`. This page lists what there is.",
        "",
        *schema["info"]["description"].rstrip().split("\n"),
    ]
    for tag, rows in sorted(by_tag.items()):
        lines += ["", f"## {tag}", "", "| Method | Path | What it does |", "| --- | --- | --- |"]
        lines += rows
    return "\n".join(lines) + "\n"


def operation_row(path: str, method: str, operation: dict[str, Any]) -> str:
    text = operation.get("summary") or operation.get("description") or operation["operationId"]
    return f"| {method.upper()} | `{path}` | {one_line(text)} |"


def one_line(text: str) -> str:
    """Return the first paragraph of a text as one table cell."""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


def database_schemas() -> str:
    """Return docs/database-schemas.md: every table with columns, constraints and indexes."""
    lines = ["# Database schemas", "", MADE]
    append_only = set(append_only_tables())
    for label in OWN_APPS:
        lines += ["", f"## {label}"]
        for model in sorted(apps.get_app_config(label).get_models(), key=table_of):
            lines += list(table_lines(model, append_only=table_of(model) in append_only))
    return "\n".join(lines) + "\n"


def table_of(model: type[models.Model]) -> str:
    return str(model._meta.db_table)


def table_lines(model: type[models.Model], *, append_only: bool) -> Iterator[str]:
    """Yield the section of one table."""
    yield ""
    yield f"### {table_of(model)}"
    yield ""
    guard = (
        " Append-only: the application can neither change nor delete rows." if append_only else ""
    )
    yield one_line(model.__doc__ or "") + guard
    yield ""
    yield "| Column | Type | Null | Refers to |"
    yield "| --- | --- | --- | --- |"
    for field in model._meta.concrete_fields:
        yield column_row(field)
    rules = [*model._meta.constraints, *model._meta.indexes]
    if rules:
        yield ""
        yield "Constraints and indexes: " + ", ".join(
            f"`{rule.name}` ({type(rule).__name__.removesuffix('Constraint').lower()})"
            for rule in rules
        )


def column_row(field: Any) -> str:
    target = f"`{table_of(field.related_model)}`" if field.is_relation else ""
    kind = describe_type(field.target_field if field.is_relation else field)
    return f"| `{field.column}` | {kind} | {'yes' if field.null else ''} | {target} |"


def describe_type(field: Any) -> str:
    """Return the type of a column as PostgreSQL names it, without asking a database."""
    if isinstance(field, models.GeneratedField):
        return f"{describe_type(field.output_field)} (generated)"
    if isinstance(field, models.DecimalField):
        return f"numeric({field.max_digits}, {field.decimal_places})"
    if isinstance(field, models.CharField) and field.max_length:
        return f"varchar({field.max_length})"
    return type(field).__name__.removesuffix("Field").lower()
