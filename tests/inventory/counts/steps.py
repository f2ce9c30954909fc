"""What people do while they count, over HTTP."""

from decimal import Decimal

from inventory.models import Stock
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange

PATH = "/api/stock-counts/"


def sell(variation, place, quantity):
    change = StockChange(
        variation_id=variation.pk, warehouse_id=place.pk, quantity=-Decimal(quantity),
        movement_type="outbound",
    )  # fmt: skip
    apply_stock_changes([change], acting_user=None)


def on_hand(variation, place):
    return Stock.objects.get(variation=variation, warehouse=place).on_hand


def opened(client, **body):
    answer = client.post(PATH, body)
    assert answer.status_code == 201, answer.content
    return answer.json()["code"]


def enter(client, code, *lines):
    return client.post(f"{PATH}{code}/lines/", {"lines": list(lines)})


def scanned(code, quantity, **more):
    return {"code": code, "counted_quantity": quantity, **more}


def lines_by_sku(client, code):
    return {line["sku"]: line for line in client.get(f"{PATH}{code}/lines/").json()["lines"]}
