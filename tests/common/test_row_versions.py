import pytest
from django.db import connection

from common.row_versions import RowVersion, lock_version
from inventory.models import Stock
from suppliers.models import Supplier
from tests.factories.inventory import put_in_stock
from tests.factories.suppliers import SupplierFactory

pytestmark = pytest.mark.django_db(transaction=True)


def version_of(row):
    return type(row).objects.values_list(RowVersion(), flat=True).get(pk=row.pk)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.save(),
        lambda row: Supplier.objects.filter(pk=row.pk).update(notes="New"),
        lambda row: connection.cursor().execute("UPDATE suppliers_supplier SET notes = 'New'"),
    ],
)
def test_every_way_of_writing_makes_another_version(change):
    row = SupplierFactory()
    before = version_of(row)
    assert version_of(row) == before

    change(row)

    assert version_of(row) != before


def test_reading_and_locking_leave_it_as_it_is():
    row = SupplierFactory()
    before = version_of(row)

    connection.set_autocommit(False)
    try:
        assert lock_version(Supplier, row.pk) == before
        connection.commit()
    finally:
        connection.set_autocommit(True)

    assert version_of(row) == before


def test_a_joined_query_gives_the_version_of_its_own_row():
    stock = put_in_stock()

    joined = Stock.objects.select_related("variation__product").annotate(own=RowVersion())

    assert joined.get().own == version_of(stock)
