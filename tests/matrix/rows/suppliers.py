"""Suppliers: everybody sees, managers and admins write."""

from operations.models import PriceListRun, SupplierPriceFeed
from suppliers.models import Supplier
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


@shared
def fed_supplier(place):
    supplier = SupplierFactory()
    url = "https://lists.example.com/prices.csv"
    SupplierPriceFeed.objects.create(supplier=supplier, kind="url", url=url)
    return supplier.code


@shared
def price_list_run(place):
    return PriceListRun.objects.create(
        supplier=Supplier.objects.get(code=place["supplier"]),
        file_name="list.csv",
        size=1,
        state="checked",
    ).pk


FEED = PATH + "{fed_supplier}/price-feed/"
RUNS = "/api/price-list-runs/"
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
    Row("get", PATH + "{supplier}/price-lists/", own=WRITE),
    # Whoever may take a list sends no file here; see tests/operations/price_lists/.
    Row("post", PATH + "{supplier}/price-lists/", own="400 400 403 403 403", body={}),
    Row("get", FEED, own=WRITE),
    Row("put", FEED, own=WRITE, body={"is_active": False}),
    Row("patch", FEED, own=WRITE, body={"is_active": False}),
    Row("delete", FEED, own="204 204 403 403 403"),
    Row("post", FEED + "fetch/", own="202 202 403 403 403", body={}),
    Row("get", RUNS, own=WRITE),
    Row("get", RUNS + "?supplier_id={supplier}", own=WRITE),
    Row("get", RUNS + "{price_list_run}/", own=WRITE),
    Row("get", RUNS + "{price_list_run}/report/", own=WRITE),
]
