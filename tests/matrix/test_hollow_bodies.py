"""Every object and list inside a body, sent empty, null or as the wrong kind, is no failure."""

import pytest

from common.permissions import Role
from tests.matrix.slots import with_value
from tests.matrix.test_walk import address_of, own_row

pytestmark = pytest.mark.django_db
HOLLOW = [{}, [], [{}], None, "text"]


def containers(operation):
    """Return the ways to what holds other values: `items`, `items[0]`, `charges[0].lines` …"""
    ways = {slot[:length] for slot in operation.body for length in range(1, len(slot))}
    return sorted(ways, key=str)


def test_hollow_parts_of_a_body_are_refused_or_taken(walked, ask, record_property):
    failed, sent = {}, 0
    for operation in walked.operations:
        row = own_row(operation, Role.ADMIN)
        body = row.content(walked.own) if row and operation.body else None
        if not isinstance(body, dict):
            continue
        for way in containers(operation):
            for hollow in HOLLOW:
                address = address_of(operation, walked.own, None, None)
                answer = ask(walked.admin, operation.method, address, with_value(body, way, hollow))
                sent += 1
                if answer.status_code >= 500:
                    failed[str(operation), way, repr(hollow)] = answer.status_code

    record_property("bodies with a hollow part", sent)
    assert sent > 100
    assert failed == {}
