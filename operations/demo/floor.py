"""What happens on the floors of the demo company today: goods moved, asked for and counted."""

from decimal import Decimal

from inventory.models import ProductVariation, Stock, TransferRequest
from inventory.services.counts.closing import approve_count, submit_count
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import Scope, open_count
from inventory.services.transfers.requests import approve_transfer, request_transfer
from inventory.services.wanted_lines import WantedLine
from users.models import User
from warehouses.models import Warehouse

PLENTY = 12
MOVED = (Decimal(4), Decimal(6))
COUNTED = 8
MISSING = {2: Decimal(-1), 5: Decimal(1)}


def work_on_the_floor(users: dict[str, User], warehouses: dict[str, Warehouse]) -> None:
    """Leave one transfer in transit, one that waits for a decision, and one finished count."""
    main, second, third = (warehouses[code] for code in ("WH001", "WH002", "WH003"))
    plenty = plentiful(main, second, third)
    coming = ask(main, second, plenty[:2], "For the autumn window", users["manager"])
    approve_transfer(transfer=coming, note="Agreed.", acting_user=users["admin"])
    ask(main, third, plenty[2:4], "We run out at the weekend", users["omar.haddad"])
    count_some(main, plenty[4 : 4 + COUNTED], users)


def plentiful(warehouse: Warehouse, *others: Warehouse) -> list[ProductVariation]:
    """Return variations of which a warehouse has enough to give some to others, the most first."""
    stocks = Stock.objects.filter(
        warehouse=warehouse, is_low=False, on_hand__gte=PLENTY, reserved=0,
        variation__stock_unit="pieces",
    )  # fmt: skip
    for other in others:
        stocks = stocks.filter(variation__stocks__warehouse=other)
    found = stocks.select_related("variation__product").order_by("-on_hand", "pk")
    return [stock.variation for stock in found[: 4 + COUNTED]]


def ask(
    source: Warehouse,
    destination: Warehouse,
    variations: list[ProductVariation],
    notes: str,
    user: User,
) -> TransferRequest:
    lines = [
        WantedLine(variation=variation, quantity=quantity)
        for variation, quantity in zip(variations, MOVED, strict=False)
    ]
    return request_transfer(
        from_warehouse=source, to_warehouse=destination, lines=lines, notes=notes, acting_user=user
    )


def count_some(
    warehouse: Warehouse, variations: list[ProductVariation], users: dict[str, User]
) -> None:
    """Count some goods, two of them a little wrong, and let the manager approve it."""
    clerk = users["staff"]
    count = open_count(
        warehouse=warehouse,
        scope=Scope(variations=variations),
        notes="Monthly count of aisle A",
        acting_user=clerk,
    )
    entries = [
        Entry(line=line, quantity=line.expected + MISSING.get(number, Decimal(0)))
        for number, line in enumerate(count.lines.all())
    ]
    enter_counted(count=count, entries=entries, acting_user=clerk)
    submit_count(count=count, acting_user=clerk)
    approve_count(count=count, note="Checked.", acting_user=users["manager"])
