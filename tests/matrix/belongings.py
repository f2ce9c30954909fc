"""What belongs to a warehouse in the whole database, and what a request changed of it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Q

from users.models import User

Row = tuple[str, Any]
TOUCHED = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"""
# Counts of attempts rise whatever becomes of the request.
UNJUDGED = {"users_attemptcount"}


def scoped_models() -> list[Any]:
    return [model for model in apps.get_models() if hasattr(model, "warehouse_paths")]


def rows_of(model: Any, warehouse: Any) -> Any:
    mine = Q()
    for path in model.warehouse_paths:
        mine |= Q(**{path: warehouse})
    return model._base_manager.filter(mine)


def tables() -> dict[str, Any]:
    """Return the model of each table."""
    return {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


def foreign_keys(model: Any) -> list[Any]:
    return [one for one in model._meta.concrete_fields if isinstance(one, models.ForeignKey)]


def belongings_of(warehouse: Any) -> set[Row]:
    """Return table and key of each row that is of a warehouse, by whatever chain of references.

    With the people who work there or ask to, and what is theirs.
    """
    known = tables()
    found: set[Row] = {(type(warehouse)._meta.db_table, warehouse.pk)}
    people = User.objects.filter(
        Q(warehouse_memberships__warehouse=warehouse) | Q(registration__warehouse=warehouse)
    )
    found |= {(User._meta.db_table, key) for key in people.values_list("pk", flat=True)}
    while True:
        keys: dict[str, set[Any]] = defaultdict(set)
        for table, key in found:
            keys[table].add(key)
        further = {
            (table, row)
            for table, model in known.items()
            for reference in foreign_keys(model)
            for row in model._base_manager.filter(
                **{f"{reference.name}__in": keys[reference.related_model._meta.db_table]}
            ).values_list("pk", flat=True)
        }
        if further <= found:
            return found
        found |= further


class Contents:
    """What stands in every table at one moment, to tell afterwards what a request changed."""

    def __init__(self) -> None:
        self.tables = tables()
        self.rows = {table: content_of(model) for table, model in self.tables.items()}
        self.touched = touched_tables()

    def changes(self) -> dict[str, dict[Any, str]]:
        """Return `made`, `changed` or `gone` by key for each table that is not as it was."""
        now = touched_tables()
        touched = {table for table, count in now.items() if count != self.touched.get(table, 0)}
        self.touched = now
        found = {}
        for table in sorted(touched & set(self.tables) - UNJUDGED):
            differences = compared(self.rows[table], content_of(self.tables[table]))
            if differences:
                found[table] = differences
        return found


def compared(before: dict[Any, str], after: dict[Any, str]) -> dict[Any, str]:
    told = dict.fromkeys(set(before) - set(after), "gone")
    told |= dict.fromkeys(set(after) - set(before), "made")
    return told | {key: "changed" for key in set(before) & set(after) if before[key] != after[key]}


def content_of(model: Any) -> dict[Any, str]:
    quote, meta = connection.ops.quote_name, model._meta
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {quote(meta.pk.column)}, md5(one::text) FROM {quote(meta.db_table)} AS one"
        )
        return dict(cursor.fetchall())


def touched_tables() -> dict[str, int]:
    """Return how many rows of each table the open transaction wrote, those undone included."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED)
        return dict(cursor.fetchall())


def told_of(changes: dict[str, dict[Any, str]], owned: set[Row]) -> list[str]:
    """Return what changes did to owned rows: written to, gone, or referred to anew."""
    found = [
        f"{table} {key} {what}"
        for table, rows in changes.items()
        for key, what in rows.items()
        if (table, key) in owned
    ]
    for table, rows in changes.items():
        model = tables()[table]
        written = [key for key, what in rows.items() if what != "gone"]
        found += [
            f"{table} {key} refers to {reference.name} {target}"
            for reference in foreign_keys(model)
            for key, target in references(model, reference.attname, written)
            if (reference.related_model._meta.db_table, target) in owned
        ]
    return found


def references(model: Any, name: str, keys: Iterable[Any]) -> Any:
    return model._base_manager.filter(pk__in=list(keys)).values_list("pk", name)
