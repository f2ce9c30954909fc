"""The search texts of a bulk load, written once at its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

PRODUCTS_A_STATEMENT = 10_000


@contextmanager
def search_texts_written_once() -> Iterator[None]:
    """Write the search texts of what happens inside at its end, in the same transaction.

    For imports of thousands of rows. Without it each statement on products, variations and
    suppliers' codes writes the texts of its products, a product of three tables three times; with
    it the triggers only note which. Afterwards locks those products by key (FOR NO KEY UPDATE) and
    writes their texts, 10,000 in a statement; an error inside undoes all. Not to be nested.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE search_texts_due (product_id bigint)")
        cursor.execute("SET LOCAL inventory.search_texts = 'later'")
        yield
        cursor.execute("SET LOCAL inventory.search_texts = ''")
        cursor.execute("SELECT DISTINCT product_id FROM search_texts_due ORDER BY 1")
        due = [key for (key,) in cursor.fetchall()]
        cursor.execute("DROP TABLE search_texts_due")
        # The lists of what the indexes have yet to take in grow longer, and are emptied at the end.
        cursor.execute("SET LOCAL gin_pending_list_limit = '16MB'")
        cursor.execute("SET LOCAL work_mem = '16MB'")
        for start in range(0, len(due), PRODUCTS_A_STATEMENT):
            chosen = due[start : start + PRODUCTS_A_STATEMENT]
            cursor.execute("SELECT inventory_write_search_texts(%s)", [chosen])
        cursor.execute("SELECT inventory_settle_search_texts()")
