"""Who writes, and through which door: told to the database together with each write.

The context rides in the text of the statement that writes, so that no request takes a statement
more for it, and lasts as long as the transaction. Statements that the ledger has prepared go
without: what they write has no audit trigger.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.base import ServerBindingCursor
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django_guid import get_guid

from common.addresses import address_of

WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "MERGE")
SETTING = "inventorypulse.audit"
TELL = f"SELECT set_config('{SETTING}', %s, true)"
LONGEST_ORIGIN = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a write comes from; a request finds out about its user only on the way."""

    door: str
    name: str = ""
    request: HttpRequest | None = None
    user_id: int | None = None

    def as_json(self) -> str:
        facts: dict[str, Any] = {
            "door": self.door, "name": self.name, "request_id": get_guid(), "user": self.user_id,
        }  # fmt: skip
        if self.request is not None:
            match = self.request.resolver_match
            facts |= {
                "name": match.view_name if match else "",
                "user": self.user_id or user_key(self.request),
                "address": address_of(self.request) or None,
            }
        facts["name"] = (facts["name"] or "")[:LONGEST_ORIGIN]
        return json.dumps({name: fact for name, fact in facts.items() if fact})


_origin: ContextVar[Origin | None] = ContextVar("audit_origin", default=None)


@contextmanager
def recorded_as(door: str, name: str = "", request: HttpRequest | None = None) -> Iterator[None]:
    """Say of every write inside where it comes from."""
    token = _origin.set(Origin(door, name, request))
    try:
        yield
    finally:
        _origin.reset(token)


@contextmanager
def recorded_by_link(user_id: int) -> Iterator[None]:
    """Say of every write inside that the owner of a mailed link makes it, whoever is signed in."""
    origin = _origin.get() or Origin("link")
    token = _origin.set(replace(origin, door="link", user_id=user_id))
    try:
        yield
    finally:
        _origin.reset(token)


class AuditMiddleware:
    """Writes of a request are those of its user, through the door of its path."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        door = "admin" if request.path_info.startswith("/admin/") else "api"
        with recorded_as(door, request=request):
            return self.get_response(request)


def tell_database(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Put the context before a statement that writes; an execute wrapper of the connection."""
    origin, connection = _origin.get(), context["connection"]
    # A transaction remembers what it was told, also once that is over.
    is_told = getattr(connection, "is_told_of_writes", False)
    if not (origin or is_told) or not is_write(sql) or is_prepared(context["cursor"]):
        return execute(sql, params, many, context)
    connection.is_told_of_writes = origin is not None
    facts = origin.as_json() if origin else ""
    if many:
        with transaction.atomic(savepoint=False):
            execute(TELL, [[facts]], True, context)
            return execute(sql, params, many, context)
    if params is None:
        sql, params = sql.replace("%", "%%"), ()
    if isinstance(params, dict):
        told = TELL.replace("%s", "%(audit_context)s")
        params = {**params, "audit_context": facts}
    else:
        told, params = TELL, (facts, *params)
    result = execute(f"{told}; {sql}", params, many, context)
    while result is not None and result.nextset():
        pass  # on to the answer of the statement itself
    return result


def is_write(sql: Any) -> bool:
    return isinstance(sql, str) and sql.lstrip()[:6].upper().startswith(WRITES)


def is_prepared(cursor: Any) -> bool:
    """Say whether the server binds a cursor's values, one statement at a time."""
    return isinstance(cursor.cursor, ServerBindingCursor) or bool(getattr(cursor, "name", None))


def tell_of_writes(**kwargs: Any) -> None:
    """Let a new connection tell the database of the context of its writes."""
    wrappers = kwargs["connection"].execute_wrappers
    if tell_database not in wrappers:
        wrappers.append(tell_database)


def user_key(request: HttpRequest) -> int | None:
    """Return the key of who asks, if a view found out; asks the database nothing."""
    user: Any = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    return getattr(user, "pk", None)
