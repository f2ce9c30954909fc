"""Django's PostgreSQL backend, with two things that every request asks made cheap."""

from datetime import datetime
from select import POLLIN, poll
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg import OperationalError
from psycopg.abc import Buffer


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is asked whether it lives only where its socket has something to say."""

    def get_new_connection(self, conn_params: Any) -> Any:
        connection = super().get_new_connection(conn_params)
        register_loader(connection, self.timezone)
        return connection

    def is_usable(self) -> bool:
        """Say whether the connection can be used; asks the server after errors and on any sign.

        A server that ended the session, or ended itself, has closed the socket: that shows without
        a question, which would be a round trip at the start of every request.
        """
        if not self.errors_occurred and is_silent(self.connection):
            return True
        return bool(super().is_usable())


def is_silent(connection: Any) -> bool:
    """Say whether an open connection has received nothing, an end included, since its last use."""
    try:
        watched = poll()
        watched.register(connection.pgconn.socket, POLLIN)
        return not watched.poll(0)
    except (OperationalError, OSError):
        return False


def register_loader(connection: Any, zone: Any) -> None:
    """Let times be read by C, where Django's reader takes them apart in Python."""

    class Loader(QuickTimeLoader):
        timezone = zone

    connection.adapters.register_loader("timestamptz", Loader)


class QuickTimeLoader(BaseTzLoader):
    """Reads the ISO form in UTC; all others, such as years before Christ, as Django does."""

    def load(self, data: Buffer) -> datetime:
        text = bytes(data).decode()
        if text.endswith("+00") and len(text) >= 22 and text[10] == " ":
            return datetime.fromisoformat(text).replace(tzinfo=self.timezone)
        loaded: datetime = super().load(data)
        return loaded
