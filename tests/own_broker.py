"""A pytest plugin: each of several test processes gets databases of its own in the test broker.

They would otherwise empty each other's caches and take each other's tasks. It is loaded before the
settings are, and the processes that tests start inherit the addresses.
"""

import os
import re

NUMBERS = {
    "REDIS_URL": re.compile(r"(?<=[?&]db=)\d+$|(?<=/)\d+$"),
    "CELERY_BROKER_URL": re.compile(r"(?<=[?&]virtual_host=)\d+$|(?<=/)\d+$"),
}


def take_own_databases() -> None:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for name, number in NUMBERS.items():
        if name in os.environ:
            moved = number.sub(lambda found: str(int(found[0]) + 2 * worker), os.environ[name])
            os.environ[name] = moved


take_own_databases()
