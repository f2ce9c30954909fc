"""Which tables the audit watches: database triggers write down every change of their rows.

`@audited()` above a model is all it takes; the triggers are installed with every `migrate`. They
see bulk writes and plain SQL too, and ride in the statement that they record. Who did it, through
which door, is told by common.audit_context.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import pgtrigger
from django.db import models
from pgtrigger.compiler import UpsertTriggerSql

Model = TypeVar("Model", bound=type[models.Model])


@dataclass(frozen=True, slots=True)
class NumberCode:
    """A business code that is made of the primary key, such as USR001 or ALT-2026-001."""

    prefix: str
    digits: int
    year_of: str = ""


@dataclass(frozen=True, slots=True)
class Trail:
    """What the audit says of a table's rows.

    `part_of` names the foreign key to the document that a row is a line of; `secret` columns
    are told to have changed, never what they held; changes of `ignored` columns alone leave no
    entry. `code` names the column of the business code where `code_field` does not, or says how
    the code is made.
    """

    part_of: str = ""
    secret: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    code: NumberCode | str = ""


TRAILS: dict[type[models.Model], Trail] = {}
EXEMPT: dict[type[models.Model], str] = {}


def audited(**trail: Any) -> Callable[[Model], Model]:
    """Record every insert, update and delete of a model's rows."""

    def watch(model: Model) -> Model:
        return watch_model(model, **trail)

    return watch


def watch_model(model: Model, **trail: Any) -> Model:
    """Do what `audited` does, for a model of somebody else."""
    TRAILS[model] = Trail(**trail)
    for operation in (pgtrigger.Insert, pgtrigger.Update, pgtrigger.Delete):
        pgtrigger.register(StatementTrail(operation))(model)
    return model


def audited_columns(*columns: str, **trail: Any) -> Callable[[Model], Model]:
    """Record updates of some columns alone; statements that change none of them pay a look."""

    def watch(model: Model) -> Model:
        TRAILS[model] = Trail(**trail)
        pgtrigger.register(ColumnTrail(columns))(model)
        return model

    return watch


def not_audited(reason: str) -> Callable[[Model], Model]:
    """Say why nobody needs a trail of a model's rows."""

    def exempt(model: Model) -> Model:
        EXEMPT[model] = reason
        return model

    return exempt


class TrailTrigger(pgtrigger.Trigger):
    """Calls common_record_change, the function of migration common 0003, with the trail."""

    when = pgtrigger.After
    func = "RETURN NULL;"

    def render_execute(self, model: Any) -> str:
        spec = json.dumps(specification(model)).replace("'", "''")
        return f"common_record_change('{spec}')"


class StatementTrail(TrailTrigger):
    """Once per statement, for all rows of it."""

    level = pgtrigger.Statement

    def __init__(self, operation: Any) -> None:
        tables = {
            "INSERT": {"new": "new_rows"},
            "UPDATE": {"old": "old_rows", "new": "new_rows"},
            "DELETE": {"old": "old_rows"},
        }[str(operation)]
        super().__init__(
            name=f"audit_{str(operation).lower()}",
            operation=operation,
            referencing=pgtrigger.Referencing(**tables),  # type: ignore[no-untyped-call]
        )


class ColumnTrail(TrailTrigger):
    """Once per statement, where it changes one of the columns in any row.

    A function of its own names the columns: to take rows apart for them would cost every posting
    more than the posting. They are compared as sets (ADR 93), whatever the plan was made for.
    """

    level = pgtrigger.Statement

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns
        super().__init__(
            name="audit_columns",
            operation=pgtrigger.Update,
            referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),  # type: ignore[no-untyped-call]
        )

    def render_execute(self, model: Any) -> str:
        return f"{self.get_pgid(model)}()"

    def render_declare(self, model: Any) -> str:
        spec = json.dumps(specification(model)).replace("'", "''")
        return f"""DECLARE
            spec jsonb := '{spec}';
            context jsonb :=
                coalesce(nullif(current_setting('inventorypulse.audit', true), ''), '{{}}');"""

    def render_func(self, model: Any) -> str:
        names = ", ".join(["id", *columns_of(model, self.columns)])
        return f"""
            IF EXISTS (SELECT {names} FROM new_rows EXCEPT SELECT {names} FROM old_rows) THEN
                EXECUTE common_audit_statement(TG_RELID, spec, TG_OP) USING
                    (context ->> 'user')::bigint, coalesce(context ->> 'door', 'database'),
                    coalesce(context ->> 'name',
                             CASE WHEN context ? 'door' THEN '' ELSE session_user END),
                    coalesce(context ->> 'request_id', ''), (context ->> 'address')::inet,
                    spec -> 'document', spec -> 'code';
            END IF;
            RETURN NULL;"""  # nosec B608 - made of our own names alone

    def compile(self, model: Any) -> Any:
        compiled = super().compile(model)
        compiled.sql = UnignorableSql(**compiled.sql.kwargs)
        return compiled


class UnignorableSql(UpsertTriggerSql):
    """Makes a trigger that no session can pass over by the setting `pgtrigger.ignore`."""

    def get_template(self) -> str:
        before, _, rest = super().get_template().partition("IF ({ignore_func_name}(TG_NAME)")
        _, _, after = rest.partition("{func}")
        return f"{before}{{func}}{after}"


def object_type(model: type[models.Model]) -> str:
    """Return the name of a model in audit entries, such as sales_order."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(model._meta.object_name)).lower()


def lines_of(document: type[models.Model]) -> list[str]:
    """Return the types whose rows are lines of a model's; those of warehouses stand apart.

    A product's page tells nothing of the balances that other warehouses have of it.
    """
    return [
        object_type(model)
        for model, trail in TRAILS.items()
        if trail.part_of
        and not hasattr(model, "warehouse_paths")
        and model._meta.get_field(trail.part_of).related_model is document
    ]


def audited_types() -> list[str]:
    """Return what the audit may say an object is, in the order of the alphabet."""
    return sorted({object_type(model) for model in TRAILS})


def specification(model: type[models.Model]) -> dict[str, Any]:
    """Return what the trigger function has to know about a table."""
    trail, meta = TRAILS[model], model._meta
    if meta.pk is None or meta.pk.column != "id":
        raise TypeError(f"{meta.label}: the audit knows rows by a primary key named id.")
    spec: dict[str, Any] = {
        "type": object_type(model),
        "code": code_rule(model),
        "ignored": [*columns_of(model, trail.ignored), *self_made_columns(model)],
        "secret": columns_of(model, trail.secret),
    }
    if trail.part_of:
        key: Any = meta.get_field(trail.part_of)
        document = key.remote_field.model
        spec["document"] = {
            "type": object_type(document),
            "table": document._meta.db_table,
            "column": key.column,
            "code": code_rule(document),
        }
    return spec


def code_rule(model: type[models.Model]) -> dict[str, Any]:
    """Say where a row's business code stands, or how it is made of the primary key."""
    trail = TRAILS.get(model, Trail())
    if isinstance(trail.code, NumberCode):
        return asdict(trail.code)
    field = trail.code or getattr(model, "code_field", "pk")
    return {"column": "" if field == "pk" else columns_of(model, [field])[0]}


def columns_of(model: type[models.Model], names: Iterable[str]) -> list[str]:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    return [field.column for field in fields]


def self_made_columns(model: type[models.Model]) -> list[str]:
    """Return the columns that follow from others or from the time of the change itself."""
    return [
        str(field.column)
        for field in model._meta.concrete_fields
        if isinstance(field, models.GeneratedField)
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
    ]
