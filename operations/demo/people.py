"""Who works at the demo company."""

from dataclasses import dataclass
from secrets import token_urlsafe

from common.permissions import Role
from users.models import User
from users.services.roles import join_role_group
from warehouses.models import Membership, Warehouse
from warehouses.services import register_person, request_promotion

ORDER_DESK = "order.desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person, the warehouses they belong to (the first is their default), the ones they head.

    Without a password nobody can sign in as them until an administrator sets one.
    """

    username: str
    email: str
    first_name: str
    last_name: str
    role: Role
    job_title: str
    department: str
    phone: str
    warehouses: tuple[str, ...]
    heads: str = ""
    password: str | None = None


PEOPLE = (
    Person(
        username="admin",
        password="admin123",
        email="admin@example.com",
        first_name="Alice",
        last_name="Marlow",
        role=Role.ADMIN,
        job_title="Head of operations",
        department="Operations",
        phone="+15550100001",
        warehouses=("WH001",),
    ),
    Person(
        username="manager",
        password="manager123",
        email="manager@example.com",
        first_name="Marcus",
        last_name="Reyes",
        role=Role.MANAGER,
        job_title="Warehouse manager",
        department="Warehouse",
        phone="+15550100002",
        warehouses=("WH001", "WH002"),
        heads="WH001",
    ),
    Person(
        username="staff",
        password="staff123",
        email="staff@example.com",
        first_name="Sofia",
        last_name="Lindgren",
        role=Role.STAFF,
        job_title="Warehouse clerk",
        department="Warehouse",
        phone="+15550100003",
        warehouses=("WH001",),
    ),
    Person(
        username="sales",
        password="sales123",
        email="sales@example.com",
        first_name="Samuel",
        last_name="Okonkwo",
        role=Role.SALES,
        job_title="Sales representative",
        department="Sales",
        phone="+15550100004",
        warehouses=("WH001",),
    ),
    Person(
        username="viewer",
        password="viewer123",
        email="viewer@example.com",
        first_name="Vera",
        last_name="Castellan",
        role=Role.VIEWER,
        job_title="Controller",
        department="Finance",
        phone="+15550100005",
        warehouses=("WH001",),
    ),
    Person(
        username="dana.whitfield",
        email="dana.whitfield@example.com",
        first_name="Dana",
        last_name="Whitfield",
        role=Role.MANAGER,
        job_title="Warehouse manager",
        department="Warehouse",
        phone="+15550100006",
        warehouses=("WH002",),
        heads="WH002",
    ),
    Person(
        username="omar.haddad",
        email="omar.haddad@example.com",
        first_name="Omar",
        last_name="Haddad",
        role=Role.MANAGER,
        job_title="Warehouse manager",
        department="Warehouse",
        phone="+15550100007",
        warehouses=("WH003",),
        heads="WH003",
    ),
    Person(
        username="priya.nair",
        email="priya.nair@example.com",
        first_name="Priya",
        last_name="Nair",
        role=Role.STAFF,
        job_title="Warehouse clerk",
        department="Warehouse",
        phone="+15550100008",
        warehouses=("WH002", "WH003"),
    ),
    Person(
        username=ORDER_DESK,
        email="order.desk@example.com",
        first_name="Order",
        last_name="Desk",
        role=Role.SALES,
        job_title="Online shop and order desk",
        department="Sales",
        phone="+15550100009",
        warehouses=("WH001", "WH002", "WH003"),
    ),
)


def create_people(warehouses: dict[str, Warehouse]) -> dict[str, User]:
    """Create the accounts with their memberships; return them by user name.

    The published passwords are too weak for users.services.accounts.create_user, which is why
    the command refuses to run outside a demo.
    """
    users = {}
    for person in PEOPLE:
        user = User.objects.create_user(
            person.username,
            person.email,
            person.password,
            first_name=person.first_name,
            last_name=person.last_name,
            role=person.role.value,
            job_title=person.job_title,
            department=person.department,
            phone=person.phone,
        )
        join_role_group(user)
        users[person.username] = user
        if person.heads:
            warehouse = warehouses[person.heads]
            warehouse.manager = user
            warehouse.save(update_fields=["manager", "updated_at"])
    Membership.objects.bulk_create(
        Membership(user=users[person.username], warehouse=warehouses[code], is_default=not number)
        for person in PEOPLE
        for number, code in enumerate(person.warehouses)
    )
    return users


def ask_for_decisions() -> None:
    """Leave one registration and one promotion to be decided, and tell those who decide."""
    main = Warehouse.objects.get(code="WH001")
    users = {user.username: user for user in User.objects.filter(username__in=["staff", "manager"])}
    register_person(
        username="noor.visser",
        email="noor.visser@example.com",
        password=token_urlsafe(24),  # nobody knows it: the account is there to be let in
        first_name="Noor",
        last_name="Visser",
        role=Role.STAFF,
        warehouse=main,
        note="Starts on Monday in goods-in, early shift.",
    )
    request_promotion(
        user=users["staff"],
        warehouse=main,
        reason="Has led goods-in for a year and stands in for me on Fridays.",
        acting_user=users["manager"],
    )
