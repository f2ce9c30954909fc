"""What is history can be added to and read, by nobody's statement changed: every such table."""

import pytest
from django.db import DatabaseError, connection, transaction

from common.database_rights import append_only_tables

pytestmark = pytest.mark.django_db
STATEMENTS = ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
RIGHTS = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"]


def test_tables_of_history_are_these():
    assert sorted(append_only_tables()) == [
        "common_auditentry",
        "inventory_lotexpirychange",
        "inventory_lotquarantine",
        "inventory_movementreversal",
        "inventory_stockmovement",
        "purchasing_goodsreceipt",
        "purchasing_goodsreceiptline",
        "purchasing_purchaseorderamendment",
        "warehouses_standingchange",
    ]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_application_may_not_change_history(statement):
    for table in append_only_tables():
        with (
            pytest.raises(DatabaseError, match=f"permission denied for table {table}"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(table))


def test_the_application_may_read_and_add_and_no_more():
    """The control: an ordinary table may be changed, so that it is the rights that refuse."""
    with connection.cursor() as cursor:
        for table in [*append_only_tables(), "suppliers_supplier"]:
            cursor.execute(
                "SELECT array_agg(has_table_privilege(%s, one) ORDER BY n)"
                " FROM unnest(%s::text[]) WITH ORDINALITY AS t(one, n)",
                [table, RIGHTS],
            )
            may = dict(zip(RIGHTS, cursor.fetchone()[0], strict=True))
            is_history = table != "suppliers_supplier"
            assert may["SELECT"]
            assert may["INSERT"]
            assert (may["UPDATE"], may["DELETE"]) == (not is_history,) * 2, table
            assert not may["TRUNCATE"]
