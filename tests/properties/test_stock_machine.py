"""Any sequence of operations answers as a small model does; planted mistakes are all noticed."""

from contextlib import suppress

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import Phase

from tests.properties.noticing import noticed
from tests.properties.planted import MISTAKES
from tests.properties.scene import machine_of, run, set_scene

STEPS_OF_AN_EXAMPLE = 40
EXAMPLES_TO_FIND_A_MISTAKE, STEPS_TO_FIND_A_MISTAKE = 60, 25


@pytest.fixture
def scene(db):
    with set_scene() as made:
        yield made


@pytest.mark.django_db(transaction=True)
def test_stock_is_what_the_model_says_after_every_step(
    scene, count, capsys, pytestconfig, record_property
):
    """Hundreds of steps each time, the same ones; 100,000 others in the full run."""
    wanted = count(440, full=100_000)
    machine = machine_of(scene)

    while machine.told["steps"] < wanted:
        examples = count(12, full=50)
        run(machine, examples, STEPS_OF_AN_EXAMPLE, derandomize=wanted < 1000)
        sweep()
        if wanted > 1000:  # an hour's run tells how far it is
            with capsys.disabled():
                pytestconfig.get_terminal_writer().line(f"{dict(machine.told)}")

    record_property("steps of the stock machine", dict(machine.told))
    assert machine.told["done"] > machine.told["steps"] // 4
    assert {"insufficient_stock", "invalid", "wrong_state"} <= machine.told.keys()


def sweep():
    """Take away the rows of the examples, each of which was rolled back and lies there dead."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("VACUUM")
        cursor.execute(f"SET ROLE {connection.ops.quote_name(settings.DATABASE_APP_ROLE)}")


class Enough(KeyboardInterrupt):
    """So many examples went by; hypothesis ends as if somebody had pressed the keys."""


def of_no_more_than(machine, examples):
    """Return a machine that ends the run after so many examples."""

    def begin(self):
        if self.told["examples"] == examples:
            raise Enough
        machine.__init__(self)

    return type(machine.__name__, (machine,), {"__init__": begin})


@pytest.mark.parametrize("mistake", MISTAKES)
def test_planted_mistake_is_noticed(scene, monkeypatch, count, mistake):
    """The model or a constraint notices: what verify_ledger proves is left out.

    The control: the same examples, without the mistake, pass; in the full run all there may be.
    """
    place, name, replacement, steps, items = MISTAKES[mistake]
    planned = (EXAMPLES_TO_FIND_A_MISTAKE, STEPS_TO_FIND_A_MISTAKE)
    options = {"derandomize": True, "phases": [Phase.generate], "report_multiple_bugs": False}
    machine = machine_of(scene, steps, items, proves_the_ledger=False)

    with monkeypatch.context() as planted:
        planted.setattr(place, name, replacement)
        with noticed():
            run(machine, *planned, **options)

    control = machine_of(scene, steps, items)
    examples = count(machine.told["examples"], full=EXAMPLES_TO_FIND_A_MISTAKE)
    with suppress(Enough):
        run(of_no_more_than(control, examples), *planned, **options)
    assert control.told["examples"] == examples
