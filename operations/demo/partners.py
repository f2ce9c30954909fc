"""Whom the demo company buys from and where it keeps its goods."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSupplier:
    """A supplier and how it delivers.

    lead_time_days, late_days: promised days, and the most days it comes too late.
    late_share, partial_share, reject_share: how often a delivery is late, comes in two parts, or
        has rejected goods.
    review_weekday: the day of the week on which the company orders there, Monday is 0.
    """

    code: str
    company_name: str
    contact: str
    phone: str
    street: str
    city: str
    state: str
    postal_code: str
    country: str
    lead_time_days: int
    payment_terms: int
    minimum_order_value: int
    rating: str
    late_share: float
    late_days: int
    partial_share: float
    reject_share: float
    review_weekday: int
    preferred: bool = False
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWarehouse:
    """A warehouse, its share of the orders, the share of the assortment it keeps, its regions."""

    code: str
    name: str
    street: str
    city: str
    state: str
    postal_code: str
    order_share: float
    assortment_share: float
    regions: tuple[str, ...]


SUPPLIERS = (
    DemoSupplier(
        code="SUP001",
        company_name="Brightwater Stoneware Ltd",
        contact="Helen Ashdown",
        phone="+15550101001",
        street="18 Kiln Lane",
        city="East Liverpool",
        state="OH",
        postal_code="43920",
        country="US",
        lead_time_days=12,
        payment_terms=30,
        minimum_order_value=250,
        rating="4.4",
        late_share=0.06,
        late_days=3,
        partial_share=0.05,
        reject_share=0.03,
        review_weekday=0,
        preferred=True,
    ),
    DemoSupplier(
        code="SUP002",
        company_name="Alder & Finch Textile Mills",
        contact="Rui Tavares",
        phone="+15550101002",
        street="402 Mill Race Road",
        city="Greensboro",
        state="NC",
        postal_code="27401",
        country="US",
        lead_time_days=21,
        payment_terms=45,
        minimum_order_value=400,
        rating="4.0",
        late_share=0.15,
        late_days=5,
        partial_share=0.12,
        reject_share=0.02,
        review_weekday=1,
        notes="Long lead times: order the winter goods in August.",
    ),
    DemoSupplier(
        code="SUP003",
        company_name="Meridian Garden Works",
        contact="Carla Benítez",
        phone="+15550101003",
        street="77 Orchard Parkway",
        city="Fresno",
        state="CA",
        postal_code="93706",
        country="US",
        lead_time_days=9,
        payment_terms=30,
        minimum_order_value=200,
        rating="2.3",
        late_share=0.6,
        late_days=12,
        partial_share=0.2,
        reject_share=0.04,
        review_weekday=2,
        notes="Late more often than not. Promises dates it does not keep.",
    ),
    DemoSupplier(
        code="SUP004",
        company_name="Copperline Tool Company",
        contact="Andrew Mbeki",
        phone="+15550101004",
        street="2300 Foundry Street",
        city="Rockford",
        state="IL",
        postal_code="61104",
        country="US",
        lead_time_days=6,
        payment_terms=14,
        minimum_order_value=150,
        rating="4.8",
        late_share=0.03,
        late_days=2,
        partial_share=0.03,
        reject_share=0.01,
        review_weekday=3,
        preferred=True,
    ),
    DemoSupplier(
        code="SUP005",
        company_name="Vesely Glass & Light",
        contact="Jana Vesela",
        phone="+15550101005",
        street="9 Furnace Row",
        city="Corning",
        state="NY",
        postal_code="14830",
        country="US",
        lead_time_days=15,
        payment_terms=30,
        minimum_order_value=300,
        rating="3.1",
        late_share=0.12,
        late_days=4,
        partial_share=0.08,
        reject_share=0.35,
        review_weekday=4,
        notes="Breakage in transit: count and check every carton.",
    ),
    DemoSupplier(
        code="SUP006",
        company_name="Fernhill Fine Foods",
        contact="Moira Keane",
        phone="+15550101006",
        street="5 Roastery Court",
        city="Burlington",
        state="VT",
        postal_code="05401",
        country="US",
        lead_time_days=4,
        payment_terms=14,
        minimum_order_value=100,
        rating="4.1",
        late_share=0.08,
        late_days=2,
        partial_share=0.25,
        reject_share=0.02,
        review_weekday=1,
    ),
)

LETTERHEAD = {
    "name": "Hearth & Field Home Goods",
    "letterhead": "4200 Equity Drive\nColumbus, OH 43228",
}
WAREHOUSES = (
    DemoWarehouse(
        code="WH001",
        name="Columbus Main Warehouse",
        street="4200 Equity Drive",
        city="Columbus",
        state="OH",
        postal_code="43228",
        order_share=0.5,
        assortment_share=1.0,
        regions=("Midwest", "Midwest", "South"),
    ),
    DemoWarehouse(
        code="WH002",
        name="Reno West Warehouse",
        street="1050 Freeport Boulevard",
        city="Sparks",
        state="NV",
        postal_code="89431",
        order_share=0.3,
        assortment_share=0.75,
        regions=("West",),
    ),
    DemoWarehouse(
        code="WH003",
        name="Allentown East Warehouse",
        street="7660 Imperial Way",
        city="Allentown",
        state="PA",
        postal_code="18106",
        order_share=0.2,
        assortment_share=0.6,
        regions=("Northeast",),
    ),
)
