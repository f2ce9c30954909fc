"""Who buys from the demo company; every address is at example.com."""

from dataclasses import dataclass
from random import Random

from operations.demo.partners import WAREHOUSES

FIRST_NAMES = ("Amara", "Ben", "Chloe", "Diego", "Elena", "Farid", "Grace", "Hiro", "Imani", "Zoe")
MORE_FIRST_NAMES = ("Jonas", "Katya", "Liam", "Mina", "Noah", "Olive", "Pedro", "Rosa", "Tara")
LAST_NAMES = ("Abbott", "Brandt", "Calloway", "Duarte", "Ellison", "Garrity", "Ibarra", "Jansen")
MORE_LAST_NAMES = ("Kowal", "Larkin", "Maddox", "Novak", "Ortega", "Quigley", "Rowan", "Thorne")
SHOP_NAMES = ("Blue Door", "Cedar Street", "Fox & Thistle", "Hillside", "Juniper", "Lakeview")
MORE_SHOP_NAMES = ("Maple Row", "Oak & Iron", "Red Barn", "Saltbox", "Tall Pines", "Windmill")
SHOP_KINDS = ("Home Store", "Hotel", "Garden Center", "Cafe", "Gift Shop", "Kitchen Supply")
WHOLESALE_SHARE = 0.3
RETAIL_CHANNELS = ("web", "web", "web", "marketplace", "store", "phone")


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer, the warehouse (by its number) that serves them, and how they order."""

    customer_id: str
    email: str
    name: str
    region: str
    channel: str
    warehouse: int
    is_wholesale: bool


@dataclass(frozen=True, slots=True)
class CustomerBase:
    """The customers of one warehouse by kind; the first of a list order most often."""

    wholesale: tuple[Customer, ...]
    retail: tuple[Customer, ...]

    def choose(self, rng: Random) -> Customer:
        group = self.wholesale if rng.random() < WHOLESALE_SHARE else self.retail
        return group[int(len(group) * rng.random() ** 2.2)]


def make_customers(rng: Random, orders_per_day: float) -> tuple[CustomerBase, ...]:
    """Return the customers of each warehouse, more of them the more orders there are."""
    bases = []
    number = 1000
    for warehouse, place in enumerate(WAREHOUSES):
        size = max(12, round(orders_per_day * place.order_share * 20))
        groups: dict[bool, list[Customer]] = {True: [], False: []}
        for position in range(size):
            number += 1
            is_wholesale = position % 5 == 0
            region = rng.choice(place.regions)
            groups[is_wholesale].append(
                make_customer(rng, number, region, warehouse, is_wholesale=is_wholesale)
            )
        bases.append(CustomerBase(tuple(groups[True]), tuple(groups[False])))
    return tuple(bases)


def make_customer(
    rng: Random, number: int, region: str, warehouse: int, *, is_wholesale: bool
) -> Customer:
    if is_wholesale:
        name = f"{rng.choice(SHOP_NAMES + MORE_SHOP_NAMES)} {rng.choice(SHOP_KINDS)}"
        channel = "wholesale"
    else:
        first_name = rng.choice(FIRST_NAMES + MORE_FIRST_NAMES)
        name = f"{first_name} {rng.choice(LAST_NAMES + MORE_LAST_NAMES)}"
        channel = rng.choice(RETAIL_CHANNELS)
    mailbox = ".".join(name.lower().replace("&", "and").split())
    return Customer(
        customer_id=f"CUST-{number}",
        email=f"{mailbox}.{number}@example.com",
        name=name,
        region=region,
        channel=channel,
        warehouse=warehouse,
        is_wholesale=is_wholesale,
    )
