"""A code or name that is taken: the database decides, so that two at once cannot both win."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from common.exceptions import DuplicateCode


@contextmanager
def refuse_duplicates(fields: Mapping[str, str], text: str = "") -> Iterator[None]:
    """Turn a broken unique constraint into DuplicateCode on the field that `fields` maps it to.

    Runs its block in a savepoint, so that the surrounding transaction stays usable.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        constraint = getattr(diagnosis, "constraint_name", None) or ""
        if constraint not in fields:
            raise
        field = fields[constraint]
        name = field.rpartition(".")[2]
        text = text or f"This {name} is taken. Choose another, or change what has it."
        raise DuplicateCode(text, {field: [text]}) from error
