"""Which version of a row somebody has read: the number of the transaction that wrote it.

PostgreSQL keeps it with every row (`xmin`), whoever writes and by whichever statement.
"""

from typing import Any

from django.db import models
from django.db.models import BigIntegerField, Func


class RowVersion(Func):
    """The version of a row: another one after every change."""

    arity = 1
    output_field = BigIntegerField()

    def __init__(self) -> None:
        super().__init__("pk")

    def as_sql(self, compiler: Any, *args: Any, **extra: Any) -> tuple[str, tuple[str | int, ...]]:
        (key,) = self.get_source_expressions()
        return f"{compiler.quote_name_unless_alias(key.alias)}.xmin::text::bigint", ()


def lock_version(model: type[models.Model], primary_key: int) -> int | None:
    """Lock a row until the transaction ends and return its version; None where it has gone."""
    rows = model._base_manager.select_for_update(no_key=True).filter(pk=primary_key)
    version: int | None = rows.values_list(RowVersion(), flat=True).first()
    return version
