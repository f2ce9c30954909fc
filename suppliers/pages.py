"""What the page of a supplier shows beside its own fields: the apps above register tables."""

from collections.abc import Callable
from typing import Any

from common.admin_tables import PageTable
from suppliers.models import Supplier

TablesOfSupplier = Callable[[Supplier, Any], list[PageTable]]

_writers: list[TablesOfSupplier] = []


def show_on_suppliers(writer: TablesOfSupplier) -> TablesOfSupplier:
    """Make a function add tables to the page of a supplier, as a user may see them."""
    _writers.append(writer)
    return writer


def tables_of_supplier(supplier: Supplier, user: Any) -> list[PageTable]:
    return [table for write in _writers for table in write(supplier, user)]
