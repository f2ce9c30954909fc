"""How much is filled in and how long each variant works in a round."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """A size of company; every stocked product is stocked in every warehouse."""

    products: int
    stocked: int
    warehouses: int
    movements: int
    seconds: float
    fewest: int = 3  # operations of a round, and of the probe before

    @property
    def balances(self) -> int:
        return self.stocked * self.warehouses


SCALES = {
    "seconds": Scale(
        products=400, stocked=200, warehouses=2, movements=2_000, seconds=0.02, fewest=1
    ),
    "small": Scale(products=5_000, stocked=1_000, warehouses=2, movements=20_000, seconds=0.5),
    "100k": Scale(products=100_000, stocked=5_000, warehouses=2, movements=100_000, seconds=1.0),
    "10m": Scale(
        products=100_000, stocked=100_000, warehouses=5, movements=10_000_000, seconds=1.0
    ),
}
