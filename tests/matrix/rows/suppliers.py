"""Suppliers: everybody sees, managers and admins write."""

from tests.factories.suppliers import SupplierFactory
from tests.matrix.table import Row, shared

ALL = "200 200 200 200 200"
WRITE = "200 200 403 403 403"
PATH = "/api/suppliers/"


@shared
def supplier(place):
    return SupplierFactory().code


@shared
def unused_supplier(place):
    return SupplierFactory().code


ROWS = [
    Row("get", PATH, own=ALL),
    Row("get", PATH + "{supplier}/", own=ALL),
    Row("get", PATH + "{supplier}/performance/", own=ALL),
    Row("get", PATH + "{supplier}/prices/", own=ALL),
    Row("get", "/api/products/{product}/supplier-prices/", own=ALL),
    Row("get", "/api/products/{product}/supplier-prices/?supplier_id={supplier}", own=ALL),
    Row("post", PATH, own="201 201 403 403 403", body={"name": "New"}),
    Row("put", PATH + "{supplier}/", own=WRITE, body={"notes": "Changed"}),
    Row("patch", PATH + "{supplier}/", own=WRITE, body={"notes": "Changed"}),
    Row("delete", PATH + "{unused_supplier}/", own="204 204 403 403 403"),
]
