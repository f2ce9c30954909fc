"""What a row of the demo assortment says, and all rows together."""

from dataclasses import dataclass

Options = dict[str, tuple[str, ...]]
# Name, cost, price, popularity (1 is ordinary, below 0.1 hardly moves), options if it has any.
Row = tuple[str, str, str, float] | tuple[str, str, str, float, Options]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductLine:
    """Products that share a place in the catalogue, a supplier and a season.

    `step` is the smallest quantity that is sold, in the stock unit.
    """

    prefix: str
    category: str
    subcategory: str
    supplier: str
    season: str
    tags: tuple[str, ...]
    rows: tuple[Row, ...]
    unit: str = "pieces"
    step: str = "1"


SIZES: Options = {"size": ("S", "M", "L", "XL")}
TOWEL_COLOURS: Options = {"colour": ("White", "Sand", "Navy")}
