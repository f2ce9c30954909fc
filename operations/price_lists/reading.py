"""What a price list holds, and how it is to be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from operations.exchange.exceptions import CannotRead
from operations.exchange.fields import LARGEST_AMOUNT, Field, Name, Number, Pattern, Whole
from operations.exchange.staging import Options, Work

KIND = "price_lists"
MOST_BYTES = 16 * 1024 * 1024
DEFAULT_JUMP = Decimal(20)

FIELDS: Sequence[Field] = (
    Field(
        name="supplier_product_code", longest=50,
        also=("supplier_code", "product_code", "article_number", "article", "item_number",
              "part_number", "code", "artikelnummer"),
    ),
    Name(name="sku", also=("sku_code", "your_code")),
    Number(
        name="cost_per_unit", places=4, most=LARGEST_AMOUNT, above_zero=True,
        also=("cost", "unit_cost", "price", "unit_price", "net_price", "preis"),
    ),
    Pattern(
        name="currency", pattern="^[A-Z]{3}$", is_upper=True,
        remedy='Use the three-letter code of a currency, such as "USD".',
    ),
    Whole(name="lead_time_days", least=Decimal(1), also=("lead_time",)),
    Number(name="min_order_quantity", also=("moq", "minimum_order_quantity")),
    Number(name="pack_size", above_zero=True),
)  # fmt: skip
FIELD_NAMES = [one.name for one in FIELDS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a price list is to be read; empty: found out.

    columns: what the list calls a field, by our name. jump_percent: from which change of a price on
    people are told.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    jump_percent: Decimal = DEFAULT_JUMP

    def options(self) -> Options:
        """Return what the import of files understands; columns beyond ours are left out."""
        return Options(
            encoding=self.encoding,
            delimiter=self.delimiter,
            decimal=self.decimal,
            ignore_unknown_columns=True,
        )


def require_columns(work: Work) -> None:
    """Raise CannotRead for a list that names no goods, or no prices."""
    if not work.has("supplier_product_code", "sku"):
        raise CannotRead("The list has no column supplier_product_code or sku. Name its column.")
    if not work.has("cost_per_unit"):
        raise CannotRead("The list has no column cost_per_unit. Name its column.")
