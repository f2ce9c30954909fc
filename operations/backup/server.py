"""Making, dropping and renaming databases, from a connection to none of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import sql

from operations.backup.exceptions import BackupError


@contextmanager
def maintenance() -> Iterator[psycopg.Connection]:
    """Connect to the server's own database `postgres`, with our role."""
    parameters = connection.get_connection_params()
    known = ("host", "port", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey")
    chosen = {name: parameters[name] for name in known if name in parameters}
    try:
        with psycopg.connect(**chosen, dbname="postgres", autocommit=True) as server:
            yield server
    except psycopg.Error as error:
        raise BackupError(f"The database server refused: {str(error).strip()}") from error


def create_database(name: str, *, like: str) -> None:
    """Make an empty database with the encoding and the sort order of another."""
    with maintenance() as server:
        row = server.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale, datcollate, datctype"
            " FROM pg_database WHERE datname = %s",
            [like],
        ).fetchone()
        may = server.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = user")
        if row is None or not (may.fetchone() or [False])[0]:
            raise BackupError(
                "The role of DATABASE_OWNER_URL may not create databases: "
                "ALTER ROLE … CREATEDB, then restore again."
            )
        encoding, provider, locale, collate, ctype = row
        options = [sql.SQL("TEMPLATE template0 ENCODING {}").format(encoding)]
        options += [sql.SQL("LC_COLLATE {} LC_CTYPE {}").format(collate, ctype)]
        if provider == "b":
            options += [sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE {}").format(locale)]
        elif provider == "i":
            options += [sql.SQL("LOCALE_PROVIDER icu ICU_LOCALE {}").format(locale)]
        create = sql.SQL("CREATE DATABASE {} {}")
        server.execute(create.format(sql.Identifier(name), sql.SQL(" ").join(options)))


def drop_database(name: str) -> None:
    """Drop a database if it is there, ending who is still connected."""
    with maintenance() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(sql.Identifier(name)))


def swap_databases(*, current: str, draft: str, before: str) -> None:
    """Give `draft` the name of `current`, which is kept as `before`.

    Nobody can connect meanwhile; if anything fails, `current` has its name and is open again.
    """
    connection.close()
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    names = {name: sql.Identifier(name) for name in (current, draft, before)}
    with maintenance() as server:
        server.execute(allow.format(names[current], sql.SQL("false")))
        try:
            with server.transaction():
                end_connections(server, current)
                server.execute(rename.format(names[current], names[before]))
                server.execute(rename.format(names[draft], names[current]))
        except psycopg.Error:
            server.execute(allow.format(names[current], sql.SQL("true")))
            raise
        server.execute(allow.format(names[before], sql.SQL("true")))


def end_connections(server: psycopg.Connection, name: str) -> None:
    """End every connection to a database and wait until they are gone, at most five seconds."""
    server.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        [name],
    )
