"""What the machine chooses from."""

from decimal import Decimal

from hypothesis import strategies as st

ITEMS = st.integers(0, 2)
PLACES = st.integers(0, 1)
QUANTITIES = st.integers(1, 12).map(Decimal)
PARTS = st.one_of(QUANTITIES, QUANTITIES, QUANTITIES.map(lambda number: number - Decimal("0.5")))
COSTS = st.sampled_from([Decimal("1.5"), Decimal(4), Decimal("7.3333")])
LOTS = st.sampled_from(["", "A", "B", "C"])
DAYS_LEFT = st.sampled_from([None, -1, 0, 1, 2, 5])
WHICH = st.integers(0, 30)
