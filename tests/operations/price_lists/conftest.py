"""A supplier, its feed, and a way to take its lists."""

import pytest

from operations.price_lists.feeds import save_feed
from operations.price_lists.reading import Reading
from operations.price_lists.runs import take_price_list
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory


@pytest.fixture
def supplier(db):
    return SupplierFactory(code="ACME", currency="EUR")


@pytest.fixture
def take(supplier, tmp_path):
    """Return a function that takes a text, or bytes, as the supplier's list."""
    user = UserFactory(role="manager")

    def run(content, *, dry_run=False, name="list.csv", **reading):
        path = tmp_path / "uploaded"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return take_price_list(
            supplier=supplier,
            path=path,
            file_name=name,
            reading=Reading(**reading),
            dry_run=dry_run,
            acting_user=user,
        )

    run.user = user
    return run


@pytest.fixture
def base(settings, tmp_path):
    """Return the operator's directory."""
    folder = tmp_path / "lists"
    (folder / "acme").mkdir(parents=True)
    settings.PRICE_LIST_DIR = str(folder)
    return folder


@pytest.fixture
def feed(supplier, base):
    return save_feed(
        supplier=supplier,
        values={"kind": "folder", "folder": "acme"},
        acting_user=UserFactory(role="manager"),
    )
