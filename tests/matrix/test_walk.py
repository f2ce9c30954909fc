"""Walks at random through every route with every parameter, with what belongs to others.

Both walks are made from the OpenAPI document, so that a new route is walked without a word here.
`--full` walks further.
"""

import json
import random
import re
from datetime import date
from urllib.parse import urlencode

import pytest

from common.permissions import Role
from purchasing.models import PurchaseOrder
from tests.matrix.belongings import told_of
from tests.matrix.conftest import CHANCE, SECRET, readable
from tests.matrix.rows import ROWS
from tests.matrix.slots import with_value
from warehouses.models import Membership, WarehouseScopedQuerySet

pytestmark = pytest.mark.django_db
# Everybody may know which warehouses there are, and name any as the other end of a transfer.
LAWFUL = re.compile(r"^inventory_transferrequest \d+ refers to (to|from)_warehouse ")
# Names that people choose are unique in the company: that one is taken has to be told.
CHOSEN = {"username", "order_number"}
WALKERS = [Role.MANAGER, Role.MANAGER, Role.STAFF, Role.SALES, Role.VIEWER]
# Whose refusals count as attempts, on the account.
COUNTING = ("/api/auth/", "/api/token/")
FORMS = [*["*/*"] * 4, "application/json", "text/html", "text/csv"]


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Let the walks go on: a hash as the product makes them takes longer than a request."""
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    settings.PASSWORD_HASHERS = [quick, *settings.PASSWORD_HASHERS]


def own_row(operation, role=None):
    """Return a row of the table for an operation, one that succeeds for the role if there is."""
    rows = [row for row in ROWS if row.endpoint == operation.endpoint]
    good = [row for row in rows if role and row.own.split()[list(Role).index(role)][0] == "2"]
    return (good or rows or [None])[0]


def values_for(parameter, operation, world, chance):
    """Return what a query parameter is given: its choices, or names, own, foreign and tainted."""
    schema, name = parameter["schema"], parameter["name"]
    if name == "ordering":
        fields = list(getattr(operation.view_class, "ordering_fields", None) or ["pk"])
        return [sign + one for one in fields for sign in ("", "-")]
    if "enum" in schema:
        return schema["enum"]
    if schema.get("type") == "integer":
        return [1, 2, 100]
    if schema.get("format") in ("date", "date-time"):
        return [str(date(2020, 1, 1)), str(date(2099, 1, 1))]
    own = [str(one) for one in world.own.references.values()]
    return [*chance.sample(own, 2), *chance.sample(world.names, 3), SECRET, "of-foreign", "true"]


def address_of(operation, place, chance, names):
    """Return the path with references of a place, or with any names in their stead."""
    row = own_row(operation)
    if "{}" not in operation.path:
        return operation.path
    if names is None and row is not None:
        return row.address(place).partition("?")[0]
    parts = operation.path.split("{}")
    return "".join(
        part + (chance.choice(names) if number < len(parts) - 1 else "")
        for number, part in enumerate(parts)
    )


def told(answer, world, asked):
    """Return what of the foreign warehouse an answer tells, beyond what the request named."""
    text = readable(answer) + repr(answer.headers)
    codes = {code for code in world.codes if code in text and code.lower() not in asked.lower()}
    found = {code for code in codes if re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", text)}
    return found | ({SECRET} if SECRET in text and SECRET not in asked else set())


def reads(world, steps, chance):
    """Yield as many requests as asked for: each route in turn, with parameters by chance."""
    routes = [one for one in world.operations if one.method == "get"]
    for number in range(steps):
        operation = routes[number % len(routes)]
        places = [world.own, world.own, world.foreign]
        names = chance.choice([None, None, None, world.names])
        address = address_of(operation, chance.choice(places), chance, names)
        known = list(operation.parameters)
        picked = chance.sample(known, min(len(known), chance.choice([0, 0, 1, 1, 2, 3])))
        query = {
            one["name"]: chance.choice(values_for(one, operation, world, chance)) for one in picked
        }
        yield operation, f"{address}?{urlencode(query)}" if query else address


def walk(world, ask, steps, seed):
    """Read at random as everybody but the admin; return how much and what was told."""
    chance, found, statuses = random.Random(seed), {}, []
    for operation, address in reads(world, steps, chance):
        role = chance.choice(WALKERS)
        accept = chance.choice(FORMS) if operation.path.startswith("/api/") else "*/*"
        answer = ask(world.users[role], "get", address, HTTP_ACCEPT=accept)
        statuses.append(answer.status_code)
        leaked = told(answer, world, address)
        if answer.status_code >= 500 or leaked:
            found[role.value, address, accept] = answer.status_code, leaked
    return statuses, found


def test_a_walk_through_every_read_meets_nothing_foreign(walked, ask, count, record_property):
    statuses, found = walk(walked, ask, count(45, full=20_000), seed=8)

    record_property("reads of the walk", f"{len(statuses)}, {statuses.count(200)} of them answered")
    assert found == {}
    assert statuses.count(200) > len(statuses) // 4


def test_one_open_door_is_found_by_the_walk(walked, ask, monkeypatch):
    """The control: with the scope of one kind of rows left out, the same walk meets them."""
    monkeypatch.setattr(WarehouseScopedQuerySet, "visible_to", lambda rows, user: rows)

    _, found = walk(walked, ask, 30, seed=8)

    assert found


def writes(world, steps, chance):
    """Yield requests that name a foreign thing in one slot: each route in turn.

    With the same request for a thing that is not there, but for keys: those of other tables are
    the same numbers.
    """
    routes = [one for one in world.operations if one.method != "get"]
    for number in range(steps):
        operation = routes[number % len(routes)]
        role, name = chance.choice(WALKERS), chance.choice(world.names)
        names = [name] if name.isdigit() else [name, as_long_but_absent(name)]
        row = own_row(operation, role)
        body = row.content(world.own) if row else None
        if operation.body and ("{}" not in operation.path or chance.random() < 0.8):
            slot = chance.choice(operation.body)
            address = address_of(operation, world.own, chance, None)
            requests = [(address, with_value(body or {}, slot, one)) for one in names]
        else:
            requests = [(address_of(operation, None, chance, [one]), body) for one in names]
        yield operation, role, names, requests


def as_long_but_absent(name):
    """Return a code of the same form and length that nothing has."""
    changed, found = re.subn(r"\d+(?=\D*\Z)", lambda digits: "9" * len(digits[0]), name)
    return changed if found else name[::-1]


def wrongs_of(world, operation, names, requests, answers):
    """Return what is wrong with the answer to a request and with what it did."""
    answer, changes = answers[0], answers[0].seen
    found = [f"tells {one}" for one in sorted(told(answer, world, repr(requests[0])))]
    counted = {"users_user"} if operation.path.startswith(COUNTING) else set()
    changes = {table: rows for table, rows in changes.items() if table not in counted}
    found += [one for one in told_of(changes, world.owned) if not LAWFUL.match(one)]
    if answer.status_code >= 400 and changes:
        found.append(f"refused, yet changed {sorted(changes)}")
    if answer.status_code >= 500:
        found.append("failed")
    plain = {said(one, name) for one, name in zip(answers, names, strict=True)}
    lawful = names[0] == world.foreign.warehouse.code or is_taken(answer)
    if len(plain) > 1 and not lawful:
        found.append(f"differs from absent: {plain}")
    return found


def is_taken(answer):
    """Say whether an answer refuses a chosen name, and nothing else, because it is taken."""
    if answer.status_code != 409:
        return False
    refusal = json.loads(answer.whole)
    return refusal["code"] == "duplicate" and refusal["details"].keys() <= CHOSEN


def said(answer, name):
    """Return the status and, of refusals, the words without what the request itself named."""
    if answer.status_code < 400:
        return answer.status_code, ""
    text = re.sub(re.escape(name), "\u2026", answer.whole.decode(), flags=re.IGNORECASE)
    return answer.status_code, CHANCE.sub("", text)


def test_a_walk_through_every_write_reaches_nothing_foreign(walked, ask, count, record_property):
    chance, found, statuses = random.Random(9), {}, []
    for operation, role, names, requests in writes(walked, count(28, full=15_000), chance):
        answers = [
            ask(walked.users[role], operation.method, address, body, walked.contents.changes)
            for address, body in requests
        ]
        statuses += [answer.status_code for answer in answers]
        wrongs = wrongs_of(walked, operation, names, requests, answers)
        if wrongs:
            found[str(operation), role.value, repr(requests[0])] = wrongs

    record_property("writes of the walk", len(statuses))
    assert found == {}
    assert {200, 201, 400, 403, 404} <= set(statuses)


@pytest.mark.parametrize(
    ("path", "slot"),
    [("/api/auth/register/", "username"), ("/api/purchase-orders/", "order_number")],
)
def test_that_a_chosen_name_is_taken_is_told_and_nothing_else(walked, ask, path, slot):
    place = walked.foreign.warehouse
    taken = {
        "username": Membership.objects.filter(warehouse=place).first().user.username,
        "order_number": PurchaseOrder.objects.filter(warehouse=place).first().order_number,
    }[slot]
    operation = next(one for one in walked.operations if (one.method, one.path) == ("post", path))
    body = {**own_row(operation, Role.MANAGER).content(walked.own), slot: taken}

    answer = ask(walked.users[Role.MANAGER], "post", path, body, walked.contents.changes)

    assert is_taken(answer), answer.whole
    assert told_of(answer.seen, walked.owned) == []
    assert told(answer, walked, taken) == set()


def test_one_foreign_balance_that_is_changed_is_told(walked, ask):
    """The control: what the walks look at tells of a write that reaches a foreign row."""
    key = walked.foreign["stock"]

    answer = ask(
        walked.admin,
        "patch",
        f"/api/stocks/{key}/",
        {"bin_location": "B-1"},
        walked.contents.changes,
    )

    assert answer.status_code == 200, answer.whole
    assert f"inventory_stock {key} changed" in told_of(answer.seen, walked.owned)
