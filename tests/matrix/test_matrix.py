"""Every cell of the table is requested, and every endpoint stands in the table."""

import pytest

from tests.matrix.routes import METHODS, endpoints, routes
from tests.matrix.rows import ROWS
from tests.matrix.table import ROLES

pytestmark = pytest.mark.django_db


def test_every_endpoint_has_a_row(record_property):
    """The table and the URL resolver name the same endpoints; see the package's docstring."""
    named, served = {row.endpoint for row in ROWS}, set(endpoints())
    places = sum(2 if row.foreign else 1 for row in ROWS)
    told = f"{places * (len(ROLES) + 1)} of {len(ROWS)} rows, {len(served)} endpoints"
    record_property("cells of the matrix", told)

    assert sorted(served - named) == [], "endpoints without a row in tests/matrix/rows"
    assert sorted(named - served) == [], "rows of endpoints that are not there"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_role_gets_the_status_of_its_cell(world, ask, row):
    scoped = is_scoped(row, world)
    assert scoped == bool(row.foreign), f"{row}: say `foreign` where a warehouse is named, only"
    found, expected = {}, {}
    for place in (world.own, world.foreign) if scoped else (world.own,):
        address, body = row.address(place), row.content(place)
        for role, status in zip(ROLES, row.statuses(place), strict=True):
            answer = ask(world.users[role], row.method, address, body)
            found[place.name, role.value] = answer.status_code
            expected[place.name, role.value] = status
        answer = ask(None, row.method, address, body)
        found[place.name, "nobody"] = answer.status_code
        expected[place.name, "nobody"] = row.anonymous

    # A set of triples, so that a failure shows the cells that differ and no others.
    assert set(found.items()) == set(expected.items())


def test_what_an_endpoint_does_not_serve_is_refused(world, ask):
    """Even to an admin, and without a word to nobody."""
    served = set(endpoints())
    others = [
        (method, path)
        for path, callback in routes()
        for method in METHODS
        if hasattr(callback, "cls") and (method, path) not in served
    ]
    statuses = {
        (who, method, path): ask(user, method, path.replace("{}", "1"), {}).status_code
        for method, path in others
        for who, user in (("admin", world.admin), ("nobody", None))
    }

    assert len(statuses) > 50
    assert {what: code for what, code in statuses.items() if code not in (401, 403, 405)} == {}


def is_scoped(row, world):
    """Say whether a row names anything that belongs to a warehouse."""
    own, foreign = (
        (row.address(place), row.content(place)) for place in (world.own, world.foreign)
    )
    return own != foreign
