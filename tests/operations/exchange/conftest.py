"""Files to import, written as people write them."""

from dataclasses import replace

import pytest

from operations.exchange.kinds import KINDS
from operations.exchange.run import import_file
from operations.exchange.staging import Options
from tests.factories.users import UserFactory


@pytest.fixture
def bring(tmp_path, db):
    """Return a function that imports a text, or bytes, as a file of a kind."""
    admin = UserFactory(role="admin")

    def run(kind, content, *, commit=True, user=None, **options):
        path = tmp_path / "file.bin"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_file(
            kind=KINDS[kind],
            path=path,
            options=replace(Options(), **options),
            commit=commit,
            progress=lambda percent: None,
            acting_user=user or admin,
        )

    run.user = admin
    return run
