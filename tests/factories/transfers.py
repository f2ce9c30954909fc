"""Transfers made through the services."""

from decimal import Decimal

from inventory.models import Stock, StockMovement, TransferRequest
from inventory.services.transfers.receiving import (
    Arrival,
    cancel_transfer,
    close_transfer,
    receive_transfer,
)
from inventory.services.transfers.requests import (
    approve_transfer,
    reject_transfer,
    request_transfer,
)
from inventory.services.wanted_lines import WantedLine
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory


def make_transfer(*quantities, status="pending", source=None, to=None, **wanted) -> TransferRequest:
    """Ask for a line a quantity (10) of goods of which the source has 100, and go to a status."""
    quantities = quantities or (10,)
    source = source or WarehouseFactory()
    variations = wanted.pop("variations", None)
    if variations is None:
        variations = [VariationFactory() for _ in quantities]
        for variation in variations:
            put_in_stock(variation, source, 100)
    transfer = request_transfer(
        from_warehouse=source,
        to_warehouse=to or WarehouseFactory(),
        lines=[
            WantedLine(variation=variation, quantity=Decimal(quantity))
            for variation, quantity in zip(variations, quantities, strict=True)
        ],
        acting_user=wanted.pop("asked_by", None) or UserFactory(role="admin"),
        **wanted,
    )
    return bring_transfer_to(transfer, status)


def bring_transfer_to(transfer, status) -> TransferRequest:
    boss = UserFactory(role="admin")
    if status == "rejected":
        reject_transfer(transfer=transfer, note="Not now.", acting_user=boss)
    elif status not in ("pending", "cancelled"):
        approve_transfer(transfer=transfer, ship=status != "approved", acting_user=boss)
    if status == "partially_received":
        first = transfer.lines.first()
        receive_transfer(
            transfer=transfer,
            arrivals=[Arrival(line_id=first.pk, received=Decimal(1))],
            acting_user=boss,
        )
    elif status == "received":
        receive_transfer(transfer=transfer, acting_user=boss)
    elif status == "closed":
        close_transfer(transfer=transfer, is_lost=True, note="Fell off.", acting_user=boss)
    elif status == "cancelled":
        cancel_transfer(transfer=transfer, acting_user=boss)
    transfer.refresh_from_db()
    return transfer


def transfer_facts(transfer):
    """Return everything that a step could change."""
    return (
        list(TransferRequest.objects.filter(pk=transfer.pk).values()),
        list(transfer.lines.values()),
        list(Stock.objects.order_by("pk").values()),
        StockMovement.objects.count(),
    )


def at(warehouse, variation=None):
    """Return on hand and incoming of a warehouse's only balance, or of a variation's."""
    rows = Stock.objects.filter(warehouse=warehouse)
    stock = (rows.filter(variation=variation) if variation else rows).first()
    return (stock.on_hand, stock.incoming) if stock else (0, 0)
