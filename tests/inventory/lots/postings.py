"""Postings of lots, and what they leave."""

from decimal import Decimal

from inventory.models import LotBalance, StockMovement
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange


def post(variation, warehouse, quantity, **rest):
    rest.setdefault("movement_type", "inbound" if quantity > 0 else "outbound")
    change = StockChange(
        variation_id=variation.pk,
        warehouse_id=warehouse.pk,
        quantity=Decimal(quantity),
        **rest,
    )
    return apply_stock_changes([change], acting_user=None)[0]


def receive(variation, warehouse, quantity, lot, expires=None, **rest):
    return post(variation, warehouse, quantity, lot_number=lot, expiration_date=expires, **rest)


def figures(variation, warehouse):
    stock = variation.stocks.get(warehouse=warehouse)
    return stock.on_hand, stock.reserved, stock.unavailable, stock.available


def lots_left(variation):
    rows = LotBalance.objects.filter(lot__variation=variation).order_by("lot__lot_number")
    return dict(rows.values_list("lot__lot_number", "on_hand"))


def movements(variation):
    rows = StockMovement.objects.filter(variation=variation).order_by("pk")
    return list(rows.values_list("lot_number", "quantity", "stock_before", "stock_after"))
