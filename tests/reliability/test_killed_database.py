"""What was acknowledged survives kill -9 of the database server, and nothing is there twice."""

from collections import Counter

import pytest
from django.db import connection

from inventory.models import Stock, StockMovement
from operations.ledger_verification import verify_ledger
from tests.operations.processes import free_port, web_server
from tests.reliability.clients import Company, Crowd
from tests.reliability.own_servers import (
    addresses,
    connected_to,
    kill_and_start,
    own_cluster,
    own_state,
)

pytestmark = pytest.mark.django_db(transaction=True)
# Of the server: written back some time after the answer, which our settings do not allow.
LAZY = ["ALTER SYSTEM SET synchronous_commit = off", "ALTER SYSTEM SET wal_writer_delay = '10s'"]


def posted_movements():
    notes = StockMovement.objects.exclude(notes="").values_list("notes", flat=True)
    return Counter(notes.iterator())


def test_killed_database_loses_and_doubles_nothing(tmp_path, count):
    """Eight writers over HTTP, who repeat what was not acknowledged; the control at the end."""
    rounds = count(1, full=20)
    company, port = Company(), free_port()
    with (
        own_state() as state,
        own_cluster(state) as cluster,
        web_server(port, tmp_path / "log", **addresses(cluster)),
    ):
        crowd = Crowd(company, port)
        for _ in range(rounds):
            crowd.wait_for_more(50)
            kill_and_start(cluster)
        crowd.stop()

        with connected_to(cluster):
            posted = posted_movements()
            assert len(posted) >= 50 * rounds
            assert posted == crowd.acknowledged
            assert set(posted.values()) == {1}
            assert sum(stock.on_hand for stock in Stock.objects.all()) == len(posted) + 3
            assert verify_ledger() == []
        # What came while there was no database was told so, and to come again.
        assert crowd.statuses.keys() <= {201, 503}

        assert lost_without_waiting_for_the_disk(cluster, company, port) > 0


def lost_without_waiting_for_the_disk(cluster, company, port):
    """Return how many acknowledged movements a server that answers too early loses: the control."""
    with cluster.connect("postgres") as owner:
        for setting in LAZY:
            owner.execute(setting)
        owner.execute("SELECT pg_reload_conf()")
    with connected_to(cluster), connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("off",)
    crowd = Crowd(company, port)
    crowd.wait_for_more(50)
    kill_and_start(cluster)
    crowd.give_up()  # even their sign-in may be lost
    with connected_to(cluster):
        return len(crowd.acknowledged.keys() - posted_movements().keys())
