"""Warehouses, known to all by name, and the people in them."""

from django.contrib.auth.hashers import make_password

from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.matrix.table import Row, made, shared

ALL = "200 200 200 200 200"
ADMIN = "200 403 403 403 403"
WAREHOUSES, USERS = "/api/warehouses/", "/api/users/"


@made
def warehouse(place):
    return place.warehouse.code


@shared
def unused_warehouse(place):
    return WarehouseFactory().code


@made
def colleague(place):
    user = UserFactory(
        username=f"{place.name}-colleague",
        email=f"{place.secret('address')}@example.com",
        first_name=place.secret("first-name"),
        last_name=place.secret("last-name"),
        display_name=place.secret("display-name"),
        department=place.secret("department"),
        job_title=place.secret("job-title"),
        notes=place.secret("person-notes"),
    )
    MembershipFactory(user=user, warehouse=place.warehouse)
    return user.code


@made
def invited(place):
    user = UserFactory(password=make_password(None), email=f"{place.secret('invited')}@example.com")
    MembershipFactory(user=user, warehouse=place.warehouse)
    return user.code


ROWS = [
    Row("get", WAREHOUSES, own=ALL),
    Row("get", WAREHOUSES + "{warehouse}/", own=ALL, foreign=ALL),
    Row("post", WAREHOUSES, own="201 403 403 403 403", body={"name": "New"}),
    *[
        Row(
            method,
            WAREHOUSES + "{warehouse}/",
            own=ADMIN,
            foreign=ADMIN,
            body={"name": "Changed"},
        )
        for method in ("put", "patch")
    ],
    Row("delete", WAREHOUSES + "{unused_warehouse}/", own="204 403 403 403 403"),
    Row("get", USERS, own="200 200 403 403 403"),
    Row(
        "get",
        USERS + "?warehouse={warehouse}",
        own="200 200 403 403 403",
        foreign="200 200 403 403 403",
    ),
    Row("get", USERS + "me/", own=ALL),
    Row(
        "get",
        USERS + "{colleague}/",
        own="200 200 404 404 404",
        foreign="200 404 404 404 404",
    ),
    Row(
        "post",
        USERS,
        own="201 403 403 403 403",
        body={
            "username": "newcomer",
            "email": "newcomer@example.com",
            "password": "correct horse battery",
        },
    ),
    *[
        Row(
            method,
            USERS + "{colleague}/",
            own="200 403 404 404 404",
            foreign="200 404 404 404 404",
            body={"department": "Changed"},
        )
        for method in ("put", "patch")
    ],
    Row("delete", USERS + "{colleague}/", own=ADMIN, foreign=ADMIN),
    Row("post", USERS + "{colleague}/unlock/", own=ADMIN, foreign=ADMIN),
    Row("post", USERS + "{invited}/invite/", own=ADMIN, foreign=ADMIN),
]
