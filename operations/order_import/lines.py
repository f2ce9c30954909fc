"""Lines of an order log, and the orders that they make up."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils import timezone

from common.validators import item_code
from operations.order_import.columns import FIELDS, REQUIRED
from operations.order_import.options import ImportOptions
from operations.order_import.readers import Row

CENT, THOUSANDTH = Decimal("0.01"), Decimal("0.001")
LARGEST = Decimal("99999999.999")
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
# An order of more lines goes on as a second one, so that memory has a limit.
MOST_LINES = 2_000
ORDER = FIELDS.index("order")
REQUIRED_AT = [(FIELDS.index(name), name) for name in REQUIRED]


class Skipped(Exception):
    """Why a row cannot be replayed; the text is what the summary counts."""


class Line(NamedTuple):
    """A row that can be replayed; of one that takes goods back the quantity is negative."""

    sku: str
    description: str
    quantity: Decimal
    price: Decimal


@dataclass(slots=True)
class LoggedOrder:
    """Neighbouring rows of one order number; `index` is its place in the file."""

    index: int
    number: str
    ordered_at: datetime | None = None
    customer: str = ""
    region: str = ""
    rows: int = 0
    sold: list[Line] = field(default_factory=list)
    taken_back: list[Line] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def month(self) -> date:
        """The first day of the order's month."""
        assert self.ordered_at is not None
        return self.ordered_at.date().replace(day=1)

    def content(self, lines: Iterable[Line]) -> tuple[Any, ...]:
        """What two orders share where one cancels the other on the same day."""
        assert self.ordered_at is not None
        goods = sorted((line.sku, abs(line.quantity)) for line in lines)
        return (self.customer, self.ordered_at.date(), tuple(goods))


def logged_orders(
    rows: Iterable[Row], options: ImportOptions, first_index: int = 0
) -> Iterator[LoggedOrder]:
    """Group neighbouring rows by order number; every row counts, as a line or as skipped."""
    parser = LineParser(options)
    order: LoggedOrder | None = None
    for row in rows:
        number = as_text(row[ORDER]).upper()
        if order is None or (number and number != order.number) or order.rows >= MOST_LINES:
            if order is not None:
                yield order
            first_index, order = first_index + 1, LoggedOrder(first_index, number)
        order.rows += 1
        try:
            parser.add(order, row)
        except Skipped as reason:
            order.skipped[str(reason)] += 1
    if order is not None:
        yield order


class LineParser:
    """Turns rows into lines of their orders."""

    def __init__(self, options: ImportOptions) -> None:
        self.options, self.zone = options, options.zone
        self.sku_pattern = re.compile(options.sku_pattern)
        self.latest = timezone.now()

    def add(self, order: LoggedOrder, row: Row) -> None:
        """Add a row to its order; raises Skipped."""
        for index, name in REQUIRED_AT:
            if is_missing(row[index]):
                raise Skipped(f"missing {name}")
        _, sku_cell, description, quantity_cell, date_cell, price_cell, customer, region = row
        sku = as_text(sku_cell).upper()
        if not (is_code(sku, item_code) and self.sku_pattern.search(sku)):
            raise Skipped("SKU is not an item code")
        ordered_at = self.moment(date_cell)
        quantity = number(quantity_cell, "quantity", THOUSANDTH)
        price = number(price_cell, "price", CENT)
        takes_back = quantity < 0 and order.number.startswith(self.options.cancelled_prefix or "\0")
        if quantity <= 0 and not takes_back:
            raise Skipped("quantity not above 0")
        if price <= 0:
            raise Skipped("price not above 0")
        if order.ordered_at is None:
            order.ordered_at = ordered_at
            order.customer = as_text(customer)[:100]
            order.region = as_text(region)[:50]
        line = Line(sku, as_text(description), quantity, price)
        (order.taken_back if takes_back else order.sold).append(line)

    def moment(self, value: Any) -> datetime:
        """Read a time; one without a zone is in the zone of the options."""
        if isinstance(value, datetime):
            moment = value
        elif isinstance(value, date):
            moment = datetime.combine(value, time())
        else:
            moment = self.read_date(as_text(value))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone)
        if not EARLIEST <= moment <= self.latest:
            raise Skipped("date before 1970 or in the future")
        return moment.astimezone(UTC)

    def read_date(self, text: str) -> datetime:
        try:
            if self.options.date_format:
                return datetime.strptime(text, self.options.date_format)  # noqa: DTZ007 - see moment
            return datetime.fromisoformat(text)
        except (ValueError, re.error):  # of a format with a part twice
            raise Skipped("unreadable date") from None


def is_code(text: str, rule: RegexValidator) -> bool:
    """Say whether a text is a code that this system could have given."""
    try:
        rule(text)
    except ValidationError:
        return False
    return True


def is_missing(value: Any) -> bool:
    """Say whether a cell is empty; a float that is not a number is how some programs say so."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or value != value


def as_text(value: Any) -> str:
    """Return a cell as text; 17850.0 is what spreadsheets make of the code 17850."""
    if is_missing(value):
        return ""
    text = str(value).replace("\0", "").strip()
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text


def number(value: Any, name: str, places: Decimal) -> Decimal:
    """Read a number and round it to what is stored; raises Skipped."""
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        raise Skipped(f"unreadable {name}") from None
    if not found.is_finite():
        raise Skipped(f"unreadable {name}")
    if abs(found) > LARGEST:
        raise Skipped(f"{name} too large")
    return found.quantize(places, ROUND_HALF_UP)
