from datetime import date
from decimal import Decimal

from sales.models import SalesOrder, SalesOrderItem, SalesPrice
from sales.services.order_rows import OrderLine
from sales.services.orders import create_sales_order
from tests.factories.warehouses import WarehouseFactory


def order_line(variation, quantity=1, price="9.99") -> OrderLine:
    return OrderLine(variation.pk, Decimal(quantity), Decimal(price))


def take_order(*lines, warehouse=None, acting_user=None, **fields) -> SalesOrder:
    """Take an order of (variation, quantity) pairs through the service."""
    return create_sales_order(
        order=SalesOrder(warehouse=warehouse or WarehouseFactory(), **fields),
        lines=[order_line(variation, quantity) for variation, quantity in lines],
        acting_user=acting_user,
    )


def figures(stock):
    """Return what a balance has on hand, and of it reserved."""
    stock.refresh_from_db()
    return stock.on_hand, stock.reserved


def reserved(*orders):
    """Return what the only line of each order has reserved."""
    items = SalesOrderItem.objects.with_reserved().in_bulk([o.items.get().pk for o in orders])
    return [items[order.items.get().pk].quantity_reserved for order in orders]


def list_price(variation, price, currency="USD", **fields) -> SalesPrice:
    """Put a price on the list, valid since long ago unless told."""
    values = {"valid_from": date(2020, 1, 1), **fields}
    return SalesPrice.objects.create(
        variation=variation, price=Decimal(price), currency=currency, **values
    )
