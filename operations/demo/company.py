"""The demo company from nothing to today, in one transaction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import connection, transaction
from django.utils import timezone

from alerts.models import Alert
from alerts.services import sweep_expiry_alerts, sweep_stock_alerts
from common.exceptions import Busy, WrongState
from common.models import CompanySettings
from inventory.models import LowStockThreshold, Product, StockMovement
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from operations.demo.buying import Buyer, alert_level, opening_quantity
from operations.demo.catalogue import plan_catalogue, write_catalogue
from operations.demo.demand import Demand, Key, clock
from operations.demo.events import Purchase
from operations.demo.floor import work_on_the_floor
from operations.demo.partners import LETTERHEAD, SUPPLIERS, WAREHOUSES
from operations.demo.people import ORDER_DESK, PEOPLE, ask_for_decisions, create_people
from operations.demo.perishables import stock_perishables
from operations.demo.posting import RISE_AFTER, Company, Poster
from operations.demo.prices import list_prices
from operations.demo.shelves import Shelves
from operations.demo.simulation import Simulation
from operations.demo.today import Today
from purchasing.services.measuring import measure_suppliers
from purchasing.services.transitions import confirm_purchase_order, ship_purchase_order
from sales.models import SalesOrder, SalesOrderItem
from suppliers.models import Supplier
from users.models import User
from users.services.roles import seed_roles
from warehouses.models import Warehouse

LOCK = 0x4445_4D4F  # of the advisory locks, ours
OPENING, OPENING_CODE = "opening_stock", "DEMO-OPENING"
CONFIRMED_AFTER, ON_ITS_WAY_BEFORE = timedelta(days=2), timedelta(days=3)
REPORT_EVERY = 91
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How big a demo company is wanted; the same seed and day give the same company."""

    days: int
    orders_per_day: float
    seed: int


def is_seeded() -> bool:
    """Say whether this database holds the demo company; its ledger never forgets the opening."""
    return StockMovement.objects.filter(
        reference_type=OPENING, reference_code=OPENING_CODE
    ).exists()


@transaction.atomic
def seed_company(wish: Wish, say: Say) -> None:
    """Create the demo company with its history up to now, wholly or not at all.

    Its movements and documents happened in the past and raise neither alerts nor mails; at the end
    alerts are raised for what is low today, and its managers are told. Raises WrongState where the
    database holds a company already, Busy where another process is making it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise Busy("Another process is making the demo company. Wait until it is done.")
    require_empty()
    now = timezone.now()
    last_day = now.date() - timedelta(days=1)
    first_day = last_day - timedelta(days=wish.days - 1)
    simulation = plan(wish, first_day, last_day)
    poster = Poster(write_company(simulation), clock(last_day - timedelta(days=RISE_AFTER), 0))
    say(
        f"{len(PEOPLE)} people, {len(WAREHOUSES)} warehouses, {len(SUPPLIERS)} suppliers,"
        f" {Product.objects.count()} products."
    )
    open_shelves(simulation, poster, clock(first_day, 0))
    for number, day in enumerate(simulation.run(first_day, last_day), start=1):
        poster.post(day)
        if number % REPORT_EVERY == 0 or day.day == last_day:
            orders, lines = SalesOrder.objects.count(), SalesOrderItem.objects.count()
            say(f"{day.day}: {orders:,} orders with {lines:,} lines so far.")
    for day in Today(simulation, now).live():
        poster.post(day)
    advance(simulation.open_purchases, poster, now)
    users = {user.username: user for user in User.objects.all()}
    stock_perishables(poster.company.warehouses[0], poster.company.suppliers[0], users)
    work_on_the_floor(users, {warehouse.code: warehouse for warehouse in poster.company.warehouses})
    list_prices(first_day, last_day)
    measure_suppliers(since=first_day)
    sweep_stock_alerts()
    sweep_expiry_alerts()
    ask_for_decisions()
    say(f"Low, out of stock or soon to expire today: {Alert.objects.count()} alerts.")


def require_empty() -> None:
    """Raise WrongState unless there is no company in the database yet."""
    held = [
        str(model._meta.verbose_name_plural)
        for model in (Warehouse, Supplier, Product)
        if model.objects.exists()
    ]
    names = User.objects.filter(username__in=[person.username for person in PEOPLE])
    taken = [f"the user {name}" for name in names.values_list("username", flat=True)]
    if held or taken:
        raise WrongState(
            f"The database holds {', '.join(held + taken)} already."
            " The demo company goes into an empty database only."
        )


def plan(wish: Wish, first_day: date, last_day: date) -> Simulation:
    """Return the company as it is on the morning of its first day."""

    def rng(topic: str) -> Random:
        return Random(f"{wish.seed} {topic}")

    items = plan_catalogue(rng("catalogue"))
    demand = Demand(items, orders_per_day=wish.orders_per_day, last_day=last_day, rng=rng("demand"))
    keys = demand.keys()
    at_first = demand.expected(first_day + timedelta(days=14))
    months = [demand.expected(last_day - timedelta(days=30 * month)) for month in range(12)]
    usual = {key: sum(month[key] for month in months) / len(months) for key in keys}
    stock = rng("opening")
    return Simulation(
        items,
        demand,
        Buyer(items, keys, last_day=last_day, rng=rng("buyer")),
        Shelves({key: opening_quantity(items[key[0]], at_first[key], stock) for key in keys}),
        {key: alert_level(items[key[0]], usual[key]) for key in keys},
        rng("days"),
    )


def write_company(simulation: Simulation) -> Company:
    """Create letterhead, people, places, suppliers, catalogue and thresholds."""
    items, levels = simulation.items, simulation.levels
    seed_roles()
    CompanySettings.objects.update_or_create(pk=CompanySettings.ONLY, defaults=LETTERHEAD)
    warehouses = [
        Warehouse.objects.create(
            code=place.code,
            name=place.name,
            street=place.street,
            city=place.city,
            state=place.state,
            postal_code=place.postal_code,
            country="US",
            is_default=not number,
        )
        for number, place in enumerate(WAREHOUSES)
    ]
    users = create_people({warehouse.code: warehouse for warehouse in warehouses})
    suppliers = write_suppliers(users["manager"])
    main = {item.number: item.step * levels[item.number, 0] for item in items}
    company = Company(
        items=items,
        variations=write_catalogue(items, suppliers, main, users["manager"]),
        warehouses=warehouses,
        suppliers=suppliers,
        heads=[
            users[person.username]
            for place in WAREHOUSES
            for person in PEOPLE
            if person.heads == place.code
        ],
        order_desk=users[ORDER_DESK],
    )
    write_thresholds(company, levels, main)
    return company


def write_suppliers(user: User) -> list[Supplier]:
    return Supplier.objects.bulk_create(
        Supplier(
            code=supplier.code,
            company_name=supplier.company_name,
            display_name=supplier.company_name,
            primary_contact=supplier.contact,
            email=f"orders.{supplier.code.lower()}@example.com",
            phone=supplier.phone,
            street=supplier.street,
            city=supplier.city,
            state=supplier.state,
            postal_code=supplier.postal_code,
            country=supplier.country,
            payment_terms=supplier.payment_terms,
            lead_time_days=supplier.lead_time_days,
            minimum_order_value=Decimal(supplier.minimum_order_value),
            rating=Decimal(supplier.rating),
            preferred=supplier.preferred,
            notes=supplier.notes,
            created_by=user,
        )
        for supplier in SUPPLIERS
    )


def write_thresholds(company: Company, levels: dict[Key, int], main: dict[int, Decimal]) -> None:
    """Create thresholds where a warehouse needs another one than the main warehouse."""
    LowStockThreshold.objects.bulk_create(
        LowStockThreshold(
            variation=company.variations[item],
            warehouse=company.warehouses[warehouse],
            threshold=company.items[item].step * level,
        )
        for (item, warehouse), level in levels.items()
        if company.items[item].step * level != main[item]
    )


def open_shelves(simulation: Simulation, poster: Poster, when: datetime) -> None:
    """Post what is there on the first morning."""
    company = poster.company
    apply_stock_changes(
        [
            StockChange(
                variation_id=company.variations[item].pk,
                warehouse_id=company.warehouses[warehouse].pk,
                quantity=company.items[item].step * quantity,
                movement_type=StockMovement.Type.INBOUND,
                unit_cost=poster.cost(item, when),
                reason_code=OPENING,
                reference_type=OPENING,
                reference_code=OPENING_CODE,
                occurred_at=when,
            )
            for (item, warehouse), quantity in simulation.shelves.free.items()
        ],
        acting_user=company.heads[0],
        quiet=True,
    )


def advance(purchases: Iterable[Purchase], poster: Poster, now: datetime) -> None:
    """Note how far the orders are of which nothing has arrived: confirmed, or on their way."""
    for purchase in purchases:
        untouched = purchase.outstanding == [quantity for _, quantity in purchase.lines]
        if not untouched or purchase.placed_at > now - CONFIRMED_AFTER:
            continue
        order, head = poster.purchases[purchase], poster.company.heads[purchase.warehouse]
        confirm_purchase_order(order=order, acting_user=head)
        if now.date() <= purchase.expected_on <= (now + ON_ITS_WAY_BEFORE).date():
            ship_purchase_order(order=order, acting_user=head)
