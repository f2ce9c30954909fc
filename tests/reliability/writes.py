"""Every route that changes something, with requests that it takes, for tests that repeat them.

The rows of the permission table are such requests; `MORE` adds what they only try to send.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.models import ProductSupplier, Stock, StockCount
from operations.exchange.jobs import create_import
from operations.exchange.staging import Options
from purchasing.models import PurchaseOrder
from tests.factories.goods_requests import make_goods_request
from tests.factories.inventory import CategoryFactory, ProductFactory, VariationFactory
from tests.factories.notifications import NotificationFactory
from tests.factories.suppliers import SupplierFactory
from tests.factories.warehouses import WarehouseFactory
from tests.matrix.conftest import sent, undone
from tests.matrix.rows import ROWS
from tests.matrix.table import Place, World
from users.api.tokens import refresh_token_of
from users.models import SignIn

CSV = "sku,name,selling_price\nRETRY-1,One,5\nRETRY-2,Two,6\n"
# What is made once in a database, since its name is fixed.
NAMED = {"product", "sku", "warehouse", "elsewhere", "colleague", "group", "promotion"}
# Pages of forms are no part of the API; what they do twice is what people see.
FORMS = ("/api/session/", "/account/")


# Routes that heed no key, each with its reason; what a second one does there is tested in tests/.
ATTEMPT = "it counts attempts, which no transaction may take back"
SECRET = "its answer holds a secret, which is stored nowhere"
PERSONAL = "it is about the caller's own ways in: a second time it finds nothing left to do"
WITHOUT_KEY = {
    "POST /api/auth/login/": ATTEMPT,
    "POST /api/token/": ATTEMPT,
    "POST /api/auth/refresh/": SECRET,
    "POST /api/token/refresh/": SECRET,
    "POST /api/auth/password/change/": ATTEMPT,
    "POST /api/auth/password/reset/": "nobody is signed in; it answers alike, as often as asked",
    "POST /api/auth/password/reset/confirm/": "nobody is signed in, and a link is good once",
    "POST /api/auth/email/change/": ATTEMPT,
    "POST /api/auth/email/confirm/": "nobody is signed in, and a link is good once",
    "POST /api/auth/register/": "nobody is signed in, and the name is taken the second time",
    "POST /api/auth/totp/": SECRET,
    "POST /api/auth/totp/confirm/": SECRET,
    "POST /api/auth/totp/disable/": ATTEMPT,
    "POST /api/auth/tokens/": SECRET,
    "DELETE /api/auth/tokens/{api_token}/": PERSONAL,
    "POST /api/auth/sessions/revoke-others/": PERSONAL,
    "DELETE /api/auth/sessions/{sign_in}/": PERSONAL,
    "POST /api/webhooks/": SECRET,
    "POST /api/webhooks/{webhook}/rotate-secret/": SECRET,
}


@dataclass(frozen=True)
class Write:
    """A request that changes something: `make` gives its address and its body."""

    name: str
    method: str
    make: Callable[[Place], tuple[str, Any]]
    posts_stock: bool = False

    def __str__(self) -> str:
        return self.name


def of_row(row: Any) -> Write:
    return Write(
        str(row), row.method, lambda place: (row.address(place), row.content(place)),
        posts_stock=row.path.startswith(POSTING),
    )  # fmt: skip


# Where a second effect would be goods that are not there.
POSTING = (
    "/api/stock-movements/",
    "/api/stocks/assign/",
    "/api/purchase-orders/{sent_purchase}/receive/",
    "/api/supplier-returns/",
    "/api/sales-orders/{sales_order}/",
    "/api/sales-returns/",
    "/api/transfer-requests/{approved_transfer}/",
    "/api/transfer-requests/{coming_transfer}/",
    "/api/purchase-requests/approve/",
    "/api/adjustment-requests/approve/",
    "/api/stock-counts/approve/",
)


def file_of(content: str, name: str = "list.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode(), content_type="text/csv")


def counted_line(place: Place) -> tuple[str, Any]:
    count = StockCount.objects.get(code=place["counted"])
    sku = count.lines.get().variation.sku_code
    body = {"lines": [{"sku": sku, "counted_quantity": 7}]}
    return f"/api/stock-counts/{count.code}/lines/", body


def import_of(kind: str, content: str) -> Callable[[Place], tuple[str, Any]]:
    return lambda place: (f"/api/{kind}/import/?dry_run=false", {"file": file_of(content)})


def checked_import(place: Place) -> tuple[str, Any]:
    job = create_import(
        kind="products", chunks=[CSV.encode()], file_name="list.csv", options=Options(),
        dry_run=True, acting_user=place.admin,
    )  # fmt: skip
    return f"/api/import-jobs/{job.pk}/confirm/", None


def imported_stock(place: Place) -> tuple[str, Any]:
    content = f"sku,warehouse,quantity\n{place['sku']},{place['warehouse']},4\n"
    return "/api/stocks/import/?dry_run=false", {"file": file_of(content)}


def price_list(place: Place) -> tuple[str, Any]:
    supplier, variation = SupplierFactory(), VariationFactory()
    ProductSupplier.objects.create(product=variation.product, supplier=supplier, cost_per_unit=3)
    content = f"sku,cost_per_unit\n{variation.sku_code},3.50\n"
    body = {"file": file_of(content), "dry_run": "false"}
    return f"/api/suppliers/{supplier.code}/price-lists/", body


def own_message(place: Place) -> tuple[str, Any]:
    return f"/api/notifications/{NotificationFactory(recipient=place.admin).pk}/read/", None


def own_request(place: Place) -> tuple[str, Any]:
    stock = Stock.objects.get(pk=place["stock"])
    asked = make_goods_request(
        1, warehouse=place.warehouse, variations=[stock.variation], asked_by=place.admin
    )
    return f"/api/purchase-requests/{asked.code}/cancel/", None


def corrected_stock(place: Place) -> tuple[str, Any]:
    """Say how much there is: sent again later, it must not undo what happened in between."""
    stock = Stock.objects.get(pk=place["stock"])
    body = {"warehouse": place["warehouse"], "inventory": {"current_stock": 1005}}
    return f"/api/products/{stock.variation.product.code}/", body


def received_by_change(place: Place) -> tuple[str, Any]:
    order = PurchaseOrder.objects.get(order_number=place["sent_purchase"])
    body = {"items": [{"id": order.items.get().pk, "quantity_received": 2}]}
    return f"/api/purchase-orders/{order.order_number}/", body


def fulfilled_in_part(place: Place) -> tuple[str, Any]:
    body = {"items": [{"line": 1, "quantity": 1}]}
    return f"/api/sales-orders/{place['sales_order']}/fulfill/", body


MORE = [
    Write("POST counted lines", "post", counted_line),
    Write("POST a file of products", "post", import_of("products", CSV)),
    Write("POST a file of categories", "post", import_of("categories", "name\nRetried\n")),
    Write("POST a file of stock", "post", imported_stock, posts_stock=True),
    Write("POST the confirmation of an import", "post", checked_import),
    Write("POST a price list", "post", price_list),
    Write("POST a message as read", "post", own_message),
    Write("POST the end of an own request", "post", own_request),
    Write("PUT a product's stock", "put", corrected_stock, posts_stock=True),
    Write("PUT an order's receipt", "put", received_by_change, posts_stock=True),
    Write("POST a part of a fulfilment", "post", fulfilled_in_part, posts_stock=True),
]
WRITES = [
    *[of_row(row) for row in ROWS if row.method != "get" and not row.path.startswith(FORMS)],
    *MORE,
]


def sample(full: bool) -> list[Write]:
    """Return all writes, or every third of those that post stock and every thirtieth other."""
    posting = [write for write in WRITES if write.posts_stock]
    others = [write for write in WRITES if not write.posts_stock]
    return WRITES if full else [*posting[::3], *others[::30]]


def send(user: Any, write: Write, address: str, body: Any, key: str | None = None) -> Any:
    """Send a request as somebody, under a key or none."""
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    headers = {"Idempotency-Key": key} if key else {}
    return getattr(client, write.method)(address, headers=headers, **sent("post", body))


def other_body(body: Any) -> Any:
    """Return a body that says something else, where there is a file by its content alone."""
    changed = dict(body or {})
    for name, value in changed.items():
        if hasattr(value, "seek"):
            value.seek(0)
            content = value.read() + b"\n"
            return {**changed, name: SimpleUploadedFile(value.name, content)}
    return {**changed, "unheard_of": 1}


def copied(body: Any) -> Any:
    """Return a body whose files nobody else reads."""
    return {name: copy_of(value) for name, value in body.items()} if body else body


def copy_of(value: Any) -> Any:
    if not hasattr(value, "seek"):
        return value
    value.seek(0)
    return SimpleUploadedFile(value.name, value.read(), content_type=value.content_type)


class Workplace(Place):
    """A place whose objects can be made anew: each time their texts, such as addresses, differ."""

    times = 0

    def secret(self, about: str) -> str:
        return f"{super().secret(about)}-{self.times}"


def new_place() -> Workplace:
    """Return a warehouse with people of each role; what is made in it leaves room for codes."""
    for factory in (CategoryFactory, ProductFactory, SupplierFactory, WarehouseFactory):
        factory.reset_sequence(5000, force=True)
    world = World()
    world.own = Workplace("own", world.own.warehouse, world)
    return world.own


def forget(place: Workplace) -> None:
    """Let the next write get objects of its own, but for those whose names are taken."""
    place.times += 1
    place.references = {name: row for name, row in place.references.items() if name in NAMED}


def new_key() -> str:
    return uuid4().hex


def row_counts() -> dict[str, int]:
    """Return how many rows each table has, but for the stored answers themselves."""
    with connection.cursor() as cursor:
        parts = [f"SELECT '{table}', count(*) FROM {table}" for table in tables(cursor)]
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def tables(cursor: Any) -> list[str]:
    """Return the names of all tables but that of the stored answers; no session's own ones."""
    cursor.execute(
        "SELECT tablename FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'common_idempotencyrecord'"
    )
    return [name for (name,) in cursor.fetchall()]


def difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Return by how much the number of rows of each table has changed."""
    return {table: after[table] - before[table] for table in after if after[table] != before[table]}


def effect_of(call: Callable[[], Any]) -> tuple[Any, dict[str, int]]:
    """Return what a call answers and how many rows it makes, and undo it."""
    with undone():
        before = row_counts()
        answer = call()
        return answer, difference(before, row_counts())


def bearer(user: Any) -> str:
    """Sign somebody in and return the header that says so."""
    row = SignIn.objects.create(
        user=user, current_jti=uuid4().hex, expires_at=timezone.now() + timedelta(days=1)
    )
    return f"Bearer {refresh_token_of(row).access_token}"
