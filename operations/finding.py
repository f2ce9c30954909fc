"""What a word or a scanned code leads to, over all apps: each read starts from `visible_to`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Sum

from common.exceptions import InvalidInput
from common.permissions import Can
from inventory.lookup import variations_of_code
from inventory.models import (
    AdjustmentRequest,
    Lot,
    LotBalance,
    Product,
    ProductVariation,
    Stock,
    StockCount,
    StockMovement,
    TransferRequest,
)
from inventory.scanned_codes import ScannedCode, read_code
from inventory.search import LONGEST_TEXT, searched_products
from purchasing.models import GoodsReceipt, PurchaseOrder, PurchaseRequest, SupplierReturn
from sales.models import Fulfilment, SalesOrder, SalesReturn
from suppliers.models import Supplier
from users.models import User
from warehouses.models import Warehouse

HITS = 5
MOST_MATCHES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A kind of rows that are found: who may, by which columns, and how one is shown.

    prefix: of codes that are made of the primary key, and found as a whole alone.
    """

    kind: str
    model: Any
    path: str
    title: Callable[[Any], str]
    related: str = ""
    permission: Can = Can.VIEW_STOCK
    columns: Sequence[str] = ()
    prefix: str = ""
    is_document: bool = False

    def rows(self, user: Any) -> Any:
        """Return the rows that a user may see, with what their title names."""
        rows = self.model.objects.visible_to(user)
        return rows.select_related(self.related) if self.related else rows


def status_of(noun: str) -> Callable[[Any], str]:
    """Return the title of documents that say no more than how far they are."""
    return lambda row: f"{noun}, {row.status}"


def document(
    kind: str,
    model: Any,
    title: Callable[[Any], str],
    *,
    path: str = "",
    also: Sequence[str] = (),
    **rest: Any,
) -> Place:
    """Return the place of documents, which are found by the beginnings of their numbers.

    Their path is the plural of their kind, unless told; `also` are further columns.
    """
    return Place(
        kind=kind,
        model=model,
        path=path or f"{kind.replace('_', '-')}s",
        title=title,
        columns=(f"{model.code_field}__istartswith", *also),
        is_document=True,
        **rest,
    )


def code_of(row: Any) -> str:
    field = getattr(row, "code_field", "code")
    return str(row.code if field == "pk" else getattr(row, field))


PLACES = (
    Place(
        kind="product",
        model=Product,
        path="products",
        title=lambda row: row.name,
    ),
    Place(
        kind="variation",
        model=ProductVariation,
        related="product",
        path="variations",
        title=lambda row: row.product.name,
        columns=("sku_code__istartswith", "barcode__istartswith"),
    ),
    Place(
        kind="lot",
        model=Lot,
        related="variation__product",
        path="lots",
        title=lambda row: f"{row.lot_number}, {row.variation.product.name}",
        columns=("lot_number__istartswith",),
    ),
    Place(
        kind="supplier",
        model=Supplier,
        path="suppliers",
        title=lambda row: row.company_name,
        columns=("code__istartswith", "company_name__icontains"),
    ),
    Place(
        kind="warehouse",
        model=Warehouse,
        path="warehouses",
        title=lambda row: row.name,
        columns=("code__istartswith", "name__icontains"),
    ),
    document(
        "purchase_order",
        PurchaseOrder,
        lambda row: f"{row.supplier.company_name}, {row.status}",
        related="supplier",
        permission=Can.VIEW_PURCHASE_ORDERS,
        also=("supplier__company_name__icontains",),
    ),
    document(
        "goods_receipt",
        GoodsReceipt,
        lambda row: f"Receipt of {row.order.order_number}",
        path="purchase-orders",
        related="order",
        permission=Can.VIEW_PURCHASE_ORDERS,
        also=("delivery_note__istartswith",),
    ),
    document(
        "purchase_request",
        PurchaseRequest,
        status_of("Purchase request"),
        permission=Can.REQUEST_GOODS,
    ),
    document(
        "sales_order",
        SalesOrder,
        lambda row: f"{row.customer_email}, {row.status}",
        permission=Can.VIEW_SALES_ORDERS,
        also=("customer_email__icontains",),
    ),
    document(
        "sales_return",
        SalesReturn,
        lambda row: f"Return of {row.order.order_number}",
        related="order",
        permission=Can.VIEW_SALES_ORDERS,
    ),
    document(
        "supplier_return",
        SupplierReturn,
        lambda row: f"Return to the supplier of {row.order.order_number}",
        related="order",
        permission=Can.VIEW_PURCHASE_ORDERS,
    ),
    document("transfer", TransferRequest, status_of("Transfer"), path="transfer-requests"),
    document("adjustment", AdjustmentRequest, status_of("Adjustment"), path="adjustment-requests"),
    document("stock_count", StockCount, status_of("Stock count")),
    Place(
        kind="movement",
        model=StockMovement,
        related="variation",
        path="stock-movements",
        title=lambda row: f"{row.movement_type} of {row.quantity:f} {row.variation.sku_code}",
        prefix="MOV-",
        is_document=True,
    ),
    Place(
        kind="fulfilment",
        model=Fulfilment,
        related="order",
        path="fulfilments",
        permission=Can.VIEW_SALES_ORDERS,
        title=lambda row: f"Delivery of {row.order.order_number}",
        prefix="FUL-",
        is_document=True,
    ),
    Place(
        kind="person",
        model=User,
        path="users",
        permission=Can.VIEW_PEOPLE,
        title=lambda row: row.username,
        columns=("username__istartswith", "first_name__istartswith", "last_name__istartswith"),
    ),
)


NUMBERS_BEGIN = {
    "PO": "purchase_order", "GR": "goods_receipt", "PR": "purchase_request", "SO": "sales_order",
    "SR": "sales_return", "RTS": "supplier_return", "TR": "transfer", "ADJ": "adjustment",
    "CNT": "stock_count", "MOV": "movement", "FUL": "fulfilment",
}  # fmt: skip


def hit(place: Place, row: Any) -> dict[str, Any]:
    """Return how a row is shown where it was found."""
    code = code_of(row)
    reference = row.order.order_number if place.kind == "goods_receipt" else code
    return {
        "type": place.kind,
        "id": row.pk,
        "code": code,
        "title": place.title(row),
        "url": f"/api/{place.path}/{reference}/",
    }


def search_everywhere(*, text: str, acting_user: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the first hits of every kind that the user may see, one query a kind.

    Products are found as by /api/products/, the others by the beginnings of their codes and by
    their names. Raises InvalidInput for an empty or too long text.
    """
    text = " ".join(text.split())
    if not text or len(text) > LONGEST_TEXT:
        message = f"Send what to look for, 1 to {LONGEST_TEXT} characters."
        raise InvalidInput(message, {"q": [message]})
    return {
        place.kind: [hit(place, row) for row in searched(place, text, acting_user)[:HITS]]
        for place in PLACES
        if acting_user.can(place.permission)
    }


def searched(place: Place, text: str, user: Any) -> QuerySet[Any]:
    rows = place.rows(user)
    if place.kind == "product":
        found: QuerySet[Any] = searched_products(rows, text)
    elif place.prefix:
        found = with_whole_code(place, rows, text)
    else:
        named = Q()
        for column in place.columns:
            named |= Q(**{column: text})
        found = rows.filter(named).order_by("-pk" if place.is_document else "pk")
    return found


def with_whole_code(place: Place, rows: Any, text: str) -> Any:
    """Narrow to the row of a code that is made of the key; no statement for other texts."""
    return rows.by_reference(text) if text.upper().startswith(place.prefix) else rows.none()


def scan(*, scanned: str, acting_user: Any) -> dict[str, Any]:
    """Return what a scan says and what it is the code of; raises InvalidInput as read_code."""
    code = read_code(scanned)
    return {
        "code": code.code,
        "looks_like": looks_like(code),
        "symbology": code.symbology,
        "gs1": code.gs1,
        "warnings": code.warnings,
        "matches": code_matches(code, acting_user),
    }


def code_matches(code: ScannedCode, user: Any) -> list[dict[str, Any]]:
    """Return variations with stock, lots, bins and documents; what is foreign is as absent."""
    variations = variations_of_code(code)
    return [
        *variation_matches(code, variations, user),
        *lot_matches(code, variations, user),
        *bin_matches(code, user),
        *document_matches(code, user),
    ]


def variation_matches(
    code: ScannedCode, variations: Sequence[ProductVariation], user: Any
) -> list[dict[str, Any]]:
    balances = Stock.objects.visible_to(user).filter(variation__in=variations)
    stock: dict[int, list[dict[str, Any]]] = {}
    for balance in balances.select_related("warehouse").order_by("warehouse__code"):
        stock.setdefault(balance.variation_id, []).append(stock_of(balance))
    return [
        {
            "type": "variation",
            "id": one.pk,
            "code": one.sku_code,
            "title": one.product.name,
            "url": f"/api/variations/{one.sku_code}/",
            "matched_by": matched_by(code, one),
            "product_id": one.product.code,
            "stock": stock.get(one.pk, []),
        }
        for one in variations
    ]


def matched_by(code: ScannedCode, variation: ProductVariation) -> str:
    if variation.sku_code == code.code.upper():
        return "sku"
    if variation.barcode in code.barcodes:
        return "barcode"
    return "contained_item" if variation.barcode in code.contained else "product_id"


def looks_like(code: ScannedCode) -> str:
    """Return what a code has the form of: the kind of a document by how its numbers begin."""
    if code.looks_like != "text":
        return code.looks_like
    begin = code.code.upper().partition("-")[0]
    return NUMBERS_BEGIN.get(begin, "text") if "-" in code.code else "text"


def stock_of(balance: Stock) -> dict[str, Any]:
    return {
        "warehouse": balance.warehouse.code,
        "on_hand": balance.on_hand,
        "available": balance.available,
        "bin_location": balance.bin_location,
    }


def lot_matches(
    code: ScannedCode, variations: Sequence[ProductVariation], user: Any
) -> list[dict[str, Any]]:
    """Find lots by number: of the scanned trade item where GS1 names one."""
    number = (code.gs1.lot_number if code.gs1 else None) or code.code
    lots = Lot.objects.filter(lot_number=number, balances__in=LotBalance.objects.visible_to(user))
    if code.gs1:
        lots = lots.filter(variation__in=variations)
    found = (
        lots.annotate(on_hand=Sum("balances__on_hand"))
        .select_related("variation__product")
        .order_by("pk")[:MOST_MATCHES]
    )
    return [
        {
            **({"expiration_date": lot.expiration_date} if lot.expiration_date else {}),
            "type": "lot",
            "id": lot.pk,
            "code": lot.lot_number,
            "title": lot.variation.product.name,
            "url": f"/api/lots/{lot.pk}/",
            "matched_by": "lot_number",
            "sku": lot.variation.sku_code,
            "on_hand": lot.on_hand,
        }
        for lot in found
    ]


def bin_matches(code: ScannedCode, user: Any) -> list[dict[str, Any]]:
    """Find what lies in a bin, by its whole name."""
    rows = (
        Stock.objects.visible_to(user)
        .filter(bin_location=code.code)
        .exclude(bin_location="")  # as the index says
        .select_related("warehouse", "variation__product")
        .order_by("pk")[:MOST_MATCHES]
    )
    return [
        {
            "type": "bin",
            "id": row.pk,
            "code": row.bin_location,
            "title": row.variation.product.name,
            "url": f"/api/stocks/{row.pk}/",
            "matched_by": "bin_location",
            "sku": row.variation.sku_code,
            "stock": [stock_of(row)],
        }
        for row in rows
    ]


def document_matches(code: ScannedCode, user: Any) -> list[dict[str, Any]]:
    """Find documents by their whole number."""
    name = code.code.upper()
    matches = []
    for place in PLACES:
        if not place.is_document or not user.can(place.permission):
            continue
        rows = place.rows(user)
        if place.prefix:
            found = with_whole_code(place, rows, name)
        else:
            found = rows.filter(**{rows.model.code_field: name})
        matches += [{**hit(place, row), "matched_by": "number"} for row in found[:1]]
    return matches
