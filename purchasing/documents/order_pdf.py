"""A purchase order on paper, as the supplier gets it."""

from decimal import Decimal
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer

from common.documents.letterhead import company_letterhead
from common.documents.page import pdf_of
from common.documents.parts import (
    WIDTH,
    Column,
    facts,
    heading,
    lines_table,
    named,
    section,
    side_by_side,
    text,
    totals,
)
from common.documents.words import (
    address_lines,
    amount_of,
    day,
    joined,
    money,
    name_of,
    unit_price,
)
from inventory.models import ProductSupplier
from purchasing.documents.order_words import delivery_name, printable_orders, title_of
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from suppliers.models import Supplier

GOODS = WIDTH - 123 * mm
COLUMNS = (
    Column("#", 11 * mm),
    Column("Goods", GOODS),
    Column("Quantity", 27 * mm, is_figure=True),
    Column("Unit", 25 * mm),
    Column("Unit cost", 28 * mm, is_figure=True),
    Column("Total", 32 * mm, is_figure=True),
)
NOTES_ON_STATE = {
    PurchaseOrder.Status.DRAFT: "Draft: this is not an order yet.",
    PurchaseOrder.Status.CANCELLED: "Cancelled: do not deliver.",
}


def purchase_order_pdf(key: int) -> bytes:
    """Return an order as PDF, read in five statements at most, whatever its number of lines."""
    order: PurchaseOrder = printable_orders().get(pk=key)
    items = list(order.items.select_related("variation__product"))
    letterhead = company_letterhead()
    title = title_of(order)
    story = [
        *heading(title, note_on_state(order)),
        side_by_side(
            ("Supplier", supplier_lines(order.supplier)), ("Deliver to", delivery_lines(order))
        ),
        facts(facts_of(order)),
        Spacer(1, 2 * mm),
        lines_table(COLUMNS, lines_of(items, suppliers_codes(order))),
        Spacer(1, 3 * mm),
        KeepTogether(sums_of(order)),
        *section("Notes", order.notes),
        *section("Terms", terms_of(order)),
    ]
    return pdf_of(story, title=title, letterhead=letterhead)


def note_on_state(order: PurchaseOrder) -> str:
    """Say why nothing shall be delivered, where that is so."""
    if order.is_incoming and order.awaits_approval:
        return "Not approved: do not deliver yet."
    return NOTES_ON_STATE.get(PurchaseOrder.Status(order.status), "")


def supplier_lines(supplier: Supplier) -> list[str]:
    """Return how a letter to a supplier is addressed."""
    return [
        supplier.company_name,
        supplier.primary_contact,
        *address_lines(supplier),
        supplier.email,
        supplier.phone,
        f"Tax id {supplier.tax_id}" if supplier.tax_id else "",
    ]


def delivery_lines(order: PurchaseOrder) -> list[str]:
    address: dict[str, Any] = order.shipping_address
    return [
        delivery_name(order),
        str(address.get("street", "")),
        joined(*(str(address.get(name, "")) for name in ("postal_code", "city", "state"))),
        str(address.get("country", "")),
    ]


def facts_of(order: PurchaseOrder) -> list[tuple[str, str]]:
    buyer: Any = order.created_by or order.approved_by
    return [
        ("Order date", day(order.order_date)),
        ("Expected delivery", day(order.expected_delivery_date)),
        ("Currency", order.currency),
        ("Our number of you", order.supplier.code),
        ("Warehouse", order.warehouse.code),
        ("Ordered by", joined(name_of(buyer), f"({buyer.email})" if buyer and buyer.email else "")),
    ]


def terms_of(order: PurchaseOrder) -> str:
    days = order.supplier.payment_terms
    paid = f"Payment within {days} days." if days else "Payment on receipt."
    return f"{paid} Please name {order.order_number} on delivery notes and invoices."


def suppliers_codes(order: PurchaseOrder) -> dict[int, str]:
    """Return by product under which code the supplier knows it."""
    sourcing = ProductSupplier.objects.filter(
        supplier=order.supplier_id,
        product__variations__purchase_order_items__order=order,
    ).exclude(supplier_product_code="")
    return dict(sourcing.order_by().values_list("product_id", "supplier_product_code"))


def lines_of(items: list[PurchaseOrderItem], codes: dict[int, str]) -> list[list[Any]]:
    """Return the rows of the table."""
    rows = []
    for item in items:
        variation = item.variation
        code = codes.get(variation.product_id, "")
        under = [
            variation.sku_code + (f" · your code {code}" if code else ""),
            item.notes,
        ]
        rows.append(
            [
                str(item.position),
                named(variation.product.name, under, width=GOODS - 10),
                *quantity_and_price(item),
                money(item.line_total),
            ]
        )
    return rows


def quantity_and_price(item: PurchaseOrderItem) -> list[Any]:
    """Return how much is ordered, of what, and at which price: in packs where it is in packs."""
    unit, quantity, price = item.variation.stock_unit, item.quantity_ordered, item.unit_cost
    if item.packs is not None and item.pack_size is not None and item.pack_cost is not None:
        unit = f"packs of {amount_of(item.pack_size)} {unit}"
        quantity, price = Decimal(item.packs), item.pack_cost
    return [amount_of(quantity), text(unit, width=25 * mm - 10), unit_price(price)]


def sums_of(order: PurchaseOrder) -> list[Flowable]:
    extras = [
        (name, money(amount))
        for name, amount in (("Tax", order.tax_amount), ("Shipping", order.shipping_cost))
        if amount
    ]
    goods = [("Goods", money(order.subtotal)), *extras] if extras else []
    return [totals([*goods, ("Total", money(order.total_amount, order.currency))])]
