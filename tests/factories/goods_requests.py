"""Purchase requests made through the services."""

from decimal import Decimal

from inventory.models import Stock, StockMovement
from inventory.services.wanted_lines import WantedLine
from purchasing.models import PurchaseRequest
from purchasing.services.requests import (
    approve_goods_request,
    cancel_goods_request,
    reject_goods_request,
    request_goods,
)
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory


def make_goods_request(
    *quantities, status="pending", warehouse=None, variations=None, asked_by=None, **wanted
) -> PurchaseRequest:
    """Ask for a line a quantity (10) of goods of which there are 100, and go to a status."""
    quantities = quantities or (10,)
    warehouse = warehouse or WarehouseFactory()
    asked_by = asked_by or UserFactory(role="viewer")
    if variations is None:
        variations = [VariationFactory() for _ in quantities]
        for variation in variations:
            put_in_stock(variation, warehouse, 100)
    request = request_goods(
        warehouse=warehouse,
        lines=[
            WantedLine(variation=variation, quantity=Decimal(quantity))
            for variation, quantity in zip(variations, quantities, strict=True)
        ],
        acting_user=asked_by,
        **wanted,
    )
    boss = UserFactory(role="staff")
    if status == "approved":
        approve_goods_request(request=request, acting_user=boss)
    elif status == "rejected":
        reject_goods_request(request=request, note="Not now.", acting_user=boss)
    elif status == "cancelled":
        cancel_goods_request(request=request, acting_user=asked_by)
    request.refresh_from_db()
    return request


def request_facts(request):
    """Return everything that a step could change."""
    return (
        list(PurchaseRequest.objects.filter(pk=request.pk).values()),
        list(request.lines.values()),
        list(Stock.objects.order_by("pk").values()),
        StockMovement.objects.count(),
    )
