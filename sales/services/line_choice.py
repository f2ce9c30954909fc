"""Which lines of an order a request means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import BigIntegerField

from common.compiled_queries import CompiledQuery, Given
from common.exceptions import InvalidInput
from common.references import as_primary_key
from sales.exceptions import QuantityExceeded
from sales.models import SalesOrder, SalesOrderItem
from sales.services.order_rows import sum_by_item
from warehouses.models import Warehouse

ITEMS = CompiledQuery(
    lambda: SalesOrderItem.objects.filter(order_id=Given("key", BigIntegerField()))
)
LinesByName = dict[tuple[str, object], list[SalesOrderItem]]
MOST_NAMED = 20  # lines that a refusal names


@dataclass(frozen=True, slots=True)
class LineRequest:
    """A quantity of an order line named by one key: its id, number, SKU or product."""

    key: str
    reference: str
    quantity: Decimal
    reason: str = ""
    disposition: str = ""
    lot_number: str = ""
    warehouse: Warehouse | None = None


class Wanted(NamedTuple):
    """So much of an order line is to leave, of any lot or of one, or to be cancelled.

    Without a warehouse it leaves the order's own.
    """

    item: SalesOrderItem
    quantity: Decimal
    lot_number: str = ""
    warehouse_id: int | None = None


def outstanding_lines(order: SalesOrder) -> list[Wanted]:
    """Return all that is outstanding of an order."""
    return [Wanted(item, item.outstanding) for item in ITEMS.all(key=order.pk) if item.outstanding]


def requested_lines(
    order: SalesOrder, requests: Sequence[LineRequest], verb: str = "leave"
) -> list[Wanted]:
    """Return what requests want of an order's lines.

    Raises what choose_lines does, and QuantityExceeded naming every line of which less is
    outstanding.
    """
    chosen = choose_lines(order, requests)
    totals = sum_by_item((item.pk, request.quantity) for item, request in chosen)
    exceeded: dict[str, list[Any]] = {
        f"items.{index}.quantity": [
            f"{item.outstanding.normalize():f} of line {item.position} are outstanding. "
            "Send at most that."
        ]
        for index, (item, _) in enumerate(chosen)
        if totals[item.pk] > item.outstanding
    }
    if exceeded:
        raise QuantityExceeded(f"More should {verb} than is outstanding.", exceeded)
    return [
        Wanted(item, request.quantity, request.lot_number, place_of(order, request))
        for item, request in chosen
    ]


def place_of(order: SalesOrder, request: LineRequest) -> int:
    """Return the key of the warehouse that a request means: the order's own unless it says."""
    return order.warehouse_id if request.warehouse is None else request.warehouse.pk


def choose_lines(
    order: SalesOrder, requests: Sequence[LineRequest]
) -> list[tuple[SalesOrderItem, LineRequest]]:
    """Return the order's line of each request.

    A line may be named once for each of several lots and warehouses. Raises InvalidInput naming
    every request, `items.<index>.<key>`, that means no line, several lines, or what another
    already means.
    """
    lines = lines_by_name(order.items.select_related("variation__product"))
    errors: dict[str, list[Any]] = {}
    chosen: dict[tuple[int, str, int], tuple[SalesOrderItem, LineRequest]] = {}
    for index, request in enumerate(requests):
        meant = lines_meant(lines, request)
        key = (meant[0].pk if meant else 0, request.lot_number, place_of(order, request))
        if len(meant) == 1 and key not in chosen:
            chosen[key] = (meant[0], request)
        else:
            errors[f"items.{index}.{request.key}"] = [_explain(order, request, meant)]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return list(chosen.values())


def lines_by_name(items: Iterable[SalesOrderItem]) -> LinesByName:
    """Sort lines by each of their names: what kind it is, and the code (text) or key (number)."""
    lines: LinesByName = {}
    for item in items:
        variation = item.variation
        for name in (
            ("id", item.pk),
            ("line", item.position),
            ("product_id", variation.product.code),
            ("product_id", variation.product_id),
            ("sku", variation.sku_code),
            ("sku", variation.pk),
        ):
            lines.setdefault(name, []).append(item)
    return lines


def lines_meant(lines: LinesByName, request: LineRequest) -> Sequence[SalesOrderItem]:
    """Return the lines that a request names by code or key."""
    kind = request.key if request.key in ("id", "line", "product_id") else "sku"
    text = request.reference.strip().upper()
    coded, keyed = lines.get((kind, text), []), lines.get((kind, as_primary_key(text)), [])
    if not (coded and keyed):
        return coded or keyed
    return sorted({*coded, *keyed}, key=lambda item: item.position)


def _explain(order: SalesOrder, request: LineRequest, meant: Sequence[SalesOrderItem]) -> str:
    if not meant:
        return f'{order.order_number} has no line for "{request.reference[:50]}".'
    if len(meant) == 1:
        return f"Line {meant[0].position} is named twice. Name each line once."
    numbers = ", ".join(str(item.position) for item in meant[:MOST_NAMED])
    further = f" and {len(meant) - MOST_NAMED} more" if len(meant) > MOST_NAMED else ""
    return f"Lines {numbers}{further} are for this. Name one of them by `line`."
