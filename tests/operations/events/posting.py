"""Movements that the streams tell of."""

import json
from contextlib import suppress
from decimal import Decimal
from http.client import HTTPConnection

from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange


def post(port, token, sku, warehouse, quantity=1):
    """Record a movement through the web server."""
    client = HTTPConnection("127.0.0.1", port, timeout=20)
    body = {
        "sku": sku, "warehouse": warehouse, "movement_type": "inbound", "quantity": quantity,
    }  # fmt: skip
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    client.request("POST", "/api/stock-movements/", json.dumps(body), headers)
    status = client.getresponse().status
    client.close()
    return status


def receive_lines(variation, warehouse, number):
    """Post a receipt of so many lines at once."""
    line = StockChange(
        variation_id=variation.pk, warehouse_id=warehouse.pk, quantity=Decimal(1),
        movement_type="inbound", unit_cost=Decimal(4), notes="",
    )  # fmt: skip
    apply_stock_changes([line] * number, acting_user=None)


def read_to_end(client):
    """Read what was on its way until the server's end, which is no orderly one."""
    with client, suppress(ConnectionResetError):
        while client.recv(65536):
            pass
