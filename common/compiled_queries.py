"""Queries that the ORM compiles once: what every request asks costs it no compiling again.

The ORM takes several times as long to write a statement as the database takes to answer it. A
CompiledQuery keeps the statement of a queryset in which `Given` stands for the values that differ.
It gives the same objects, or dicts after `.values()`, as the queryset would.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple, Protocol

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from django.db.models import (
    BigIntegerField,
    CharField,
    Expression,
    Field,
    ForeignKey,
    Lookup,
    Model,
    QuerySet,
)
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable, ValuesIterable, get_related_populators
from django.db.models.signals import post_init, pre_init

from common.permissions import Can
from common.references import as_primary_key


class Given(Expression):
    """A value that is given when the query runs, by name."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


@ForeignKey.register_lookup
@Field.register_lookup
class AnyOf(Lookup[bool]):
    """`column__any=Given(…)`: the column equals one of an array's values, of whatever number."""

    lookup_name = "any"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, before = self.process_lhs(compiler, connection)
        array, after = self.process_rhs(compiler, connection)
        return f"{column} = ANY({array})", (*before, *after)


class GivenUser:
    """Stands for the caller in a compiled query: everybody who sees all warehouses, or not."""

    pk = Given("user_id", BigIntegerField())

    def __init__(self, sees_all: bool) -> None:
        self.sees_all = sees_all

    def can(self, permission: Can) -> bool:
        if permission != Can.SEE_ALL_WAREHOUSES:
            raise ValueError(f"A compiled query cannot know who can {permission}.")
        return self.sees_all


class MakeRows(Protocol):
    def __call__(self, rows: Iterator[Sequence[Any]]) -> Iterator[Any]: ...


class Compiled(NamedTuple):
    """A statement, its parameters with Given among them, and what makes objects of its rows."""

    sql: str
    parameters: Sequence[Any]
    converted: Callable[[list[Any]], Iterator[Sequence[Any]]]
    objects: MakeRows


class CompiledQuery:
    """The queryset that `build` returns, compiled at its first use.

    `build` runs once: nothing in it may depend on the moment. Its values must be Given or fixed.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self.build = build

    def all(self, **given: Any) -> list[Any]:
        """Run it with these values."""
        sql, parameters, converted, objects = self.compiled
        values = [given[one.name] if isinstance(one, Given) else one for one in parameters]
        with prepared_cursor() as cursor:
            cursor.execute(sql, values)
            rows = cursor.fetchall()
        return list(objects(converted(rows)))

    def first(self, **given: Any) -> Any:
        """Run it with these values; return the first row or None. `build` limits it to one."""
        return next(iter(self.all(**given)), None)

    @cached_property
    def compiled(self) -> Compiled:
        queryset = self.build()
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        expressions = [selected[0] for selected in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(expressions)

        def converted(rows: list[Any]) -> Iterator[Sequence[Any]]:
            return compiler.apply_converters(rows, converters) if converters else iter(rows)

        makers = {ModelIterable: instances_of, ValuesIterable: dicts_of}
        make = makers[queryset._iterable_class]
        return Compiled(sql, parameters, converted, make(queryset, compiler))


class CompiledRow:
    """The row that a code or primary key names, among those that `build` selects for a user.

    The rows' model has a code, and what it selects depends on no more than GivenUser knows.
    """

    def __init__(self, build: Callable[[GivenUser], Any]) -> None:
        self.build = build
        self.queries: dict[tuple[bool, bool], CompiledQuery] = {}

    def find(self, reference: object, user: Any) -> Any:
        """Return the row or None."""
        code, key = str(reference).strip().upper(), as_primary_key(reference)
        query = self.query(user.can(Can.SEE_ALL_WAREHOUSES), key is not None)
        return query.first(user_id=user.pk, code=code, key=key)

    def query(self, sees_all: bool, may_be_key: bool) -> CompiledQuery:
        kind = (sees_all, may_be_key)
        if kind not in self.queries:
            code = Given("code", CharField())
            key = Given("key", BigIntegerField()) if may_be_key else None
            self.queries[kind] = CompiledQuery(
                lambda: self.build(GivenUser(sees_all)).named(code, key)[:1]
            )
        return self.queries[kind]


def instances_of(queryset: Any, compiler: Any) -> MakeRows:
    """Return what makes model instances of rows, with those of `select_related`."""
    model, select = compiler.klass_info["model"], compiler.select
    fields = compiler.klass_info["select_fields"]
    start, end = fields[0], fields[-1] + 1
    names = [one[0].target.attname for one in select[start:end]]
    make = maker_of(model, names)
    populators: Any = get_related_populators  # its stubs are of a later Django
    related = [
        relation_of(populator)
        for populator in populators(compiler.klass_info, select, DEFAULT_DB_ALIAS)
    ]
    annotations = list(compiler.annotation_col_map.items())

    def instances(rows: Iterator[Sequence[Any]]) -> Iterator[Any]:
        for row in rows:
            instance = make(row[start:end])
            for relate in related:
                relate(row, instance)
            for name, column in annotations:
                setattr(instance, name, row[column])
            yield instance

    return instances


def maker_of(model: Any, names: Sequence[str]) -> Callable[[Sequence[Any]], Any]:
    """Return what makes an instance of the values of these fields; others are read when asked for.

    It sets them at once, which takes a fraction of what `__init__` takes to set one after the
    other, and ends in the same. Where a model or somebody who listens does something of their own
    meanwhile, `from_db` it is.
    """
    makes_its_own = (
        model.__init__ is not Model.__init__ or model.from_db.__func__ is not Model.from_db.__func__  # type: ignore[attr-defined]
    )
    if makes_its_own or pre_init.has_listeners(model) or post_init.has_listeners(model):
        return partial(model.from_db, DEFAULT_DB_ALIAS, names)

    def make(values: Sequence[Any]) -> Any:
        instance = model.__new__(model)
        instance._state = state = ModelState()
        state.db, state.adding = DEFAULT_DB_ALIAS, False
        instance.__dict__.update(zip(names, values, strict=True))
        return instance

    return make


def relation_of(populator: Any) -> Callable[[Sequence[Any], Any], None]:
    """Return what Django's populator of a `select_related` does, with our maker of instances."""
    if populator.reorder_for_init is not None:  # of a model that inherits another's table
        relate: Callable[[Sequence[Any], Any], None] = populator.populate
        return relate
    make = maker_of(populator.model_cls, populator.init_list)
    start, end, key = populator.cols_start, populator.cols_end, populator.pk_idx
    further = [relation_of(inner) for inner in populator.related_populators]

    def populate(row: Sequence[Any], owner: Any) -> None:
        values, related = row[start:end], None
        if values[key] is not None:
            related = make(values)
            for relate in further:
                relate(row, related)
        populator.local_setter(owner, related)
        if related is not None:
            populator.remote_setter(related, owner)

    return populate


def dicts_of(queryset: Any, compiler: Any) -> MakeRows:
    """Return what makes the dicts of `.values()` of rows."""
    query = queryset.query
    names = [*(query.selected or (*query.values_select, *query.annotation_select))]

    def dicts(rows: Iterator[Sequence[Any]]) -> Iterator[dict[str, Any]]:
        return (dict(zip(names, row, strict=True)) for row in rows)

    return dicts


def prepared_cursor() -> CursorWrapper:
    """A cursor whose statements the server parses and plans once a connection, not each time."""
    if connection.queries_logged:  # a prepared statement would be logged without its text
        return connection.cursor()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    bind_on_server: Any = ServerBindingCursor
    return connection.make_cursor(bind_on_server(connection.connection))
