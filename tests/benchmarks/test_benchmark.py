import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from benchmarks.measure import Outcome, Sample, Variant, compare
from benchmarks.report import Result
from benchmarks.rows import ROWS
from inventory.models import Stock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.quiet_cluster]
EXACT = {"statements": (4, 4), "faults": (0, 0), "hot": (0.95, 1)}


def databases():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname = current_database() || '_benchmark'"
        )
        return cursor.fetchall()


@pytest.fixture
def as_the_product():
    """Connect as the command does: the tests assume the application's role on each session."""
    role = connection.settings_dict["OPTIONS"].pop("assume_role")
    connection.close()
    yield
    connection.close()
    connection.settings_dict["OPTIONS"]["assume_role"] = role


@pytest.mark.skipif(not settings.DATABASE_OWNER_URL, reason="needs a role that creates databases")
def test_every_row_is_measured_in_a_database_of_its_own(as_the_product, tmp_path):
    """Each row asserts itself that what it compares gives equal results."""
    file = tmp_path / "figures.json"

    call_command("benchmark", scale="seconds", json=file)

    figures = json.loads(file.read_text())
    rows = {row["name"]: row for row in figures["rows"]}
    assert (figures["scale"], figures["rounds"], set(rows)) == (
        "seconds",
        5,
        {row.name for row in ROWS},
    )
    without = {name: row["note"] for name, row in rows.items() if row["value"] is None}
    assert set(without.values()) == {"not built yet"}, without
    for name, (least, most) in EXACT.items():
        assert least <= rows[name]["value"] <= most, rows[name]
    assert databases() == []
    assert not Stock.objects.exists()


def test_fewer_than_five_rounds_are_refused():
    with pytest.raises(CommandError, match="at least 5"):
        call_command("benchmark", rounds=4)


def test_a_ratio_is_the_median_of_the_rounds_and_the_order_rotates():
    order = []

    def variant(name, seconds):
        durations = iter(seconds)

        def run(operations):
            order.append(name)
            return Sample(operations, next(durations) * operations, None)

        return Variant(name, run)

    # The first two of each are the warm-up and the probe.
    subject = variant("a", [1, 1, 1, 2, 10])
    baseline = variant("b", [1, 1, 3, 4, 10])

    outcome = compare(subject, baseline, rounds=3, seconds=0, fewest=3)

    assert outcome.value == 2
    assert outcome.rounds == (3, 2, 1)
    assert order[4:] == ["a", "b", "b", "a", "a", "b"]


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("one-line", 0.2, "stretch"),
        ("one-line", 0.13, "gate"),
        ("one-line", 0.11, "MISSED"),
        ("cursor", 1.1, "stretch"),
        ("cursor", 2.5, "MISSED"),
        ("dashboard", None, "-"),
    ],
)
def test_verdict_says_which_aim_is_reached(name, value, verdict):
    row = next(row for row in ROWS if row.name == name)

    assert Result(row, Outcome(value)).verdict == verdict
