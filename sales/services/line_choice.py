"""Which lines of an order a request means."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from common.exceptions import InvalidInput
from common.references import as_primary_key
from sales.models import SalesOrder, SalesOrderItem


@dataclass(frozen=True, slots=True)
class LineRequest:
    """A quantity of an order line named by one key: its id, number, SKU or product."""

    key: str
    reference: str
    quantity: Decimal
    reason: str = ""
    disposition: str = ""
    lot_number: str = ""


def choose_lines(
    order: SalesOrder, requests: Sequence[LineRequest]
) -> list[tuple[SalesOrderItem, LineRequest]]:
    """Return the order's line of each request.

    A line may be named once for each of several lots. Raises InvalidInput naming every request,
    `items.<index>.<key>`, that means no line, several lines, or what another already means.
    """
    items = list(order.items.select_related("variation__product"))
    errors: dict[str, list[Any]] = {}
    chosen: dict[tuple[int, str], tuple[SalesOrderItem, LineRequest]] = {}
    for index, request in enumerate(requests):
        meant = [item for item in items if _is_meant(item, request)]
        if len(meant) == 1 and (meant[0].pk, request.lot_number) not in chosen:
            chosen[meant[0].pk, request.lot_number] = (meant[0], request)
        else:
            errors[f"items.{index}.{request.key}"] = [_explain(order, request, meant)]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return list(chosen.values())


def _is_meant(item: SalesOrderItem, request: LineRequest) -> bool:
    text, variation = request.reference.strip().upper(), item.variation
    match request.key:
        case "id":
            return item.pk == as_primary_key(text)
        case "line":
            return item.position == as_primary_key(text)
        case "product_id":
            return text == variation.product.code or as_primary_key(text) == variation.product_id
        case _:
            return text == variation.sku_code or as_primary_key(text) == variation.pk


def _explain(order: SalesOrder, request: LineRequest, meant: Sequence[SalesOrderItem]) -> str:
    if not meant:
        return f'{order.order_number} has no line for "{request.reference[:50]}".'
    if len(meant) == 1:
        return f"Line {meant[0].position} is named twice. Name each line once."
    numbers = ", ".join(str(item.position) for item in meant)
    return f"Lines {numbers} are for this. Name one of them by `line`."
