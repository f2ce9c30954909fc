"""While the broker, the cache or the mail server is away, stock is posted; mails come afterwards.

In the product's real processes under load. `--full` only: it takes minutes.
"""

import json
import mailbox
import signal
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import ExitStack, contextmanager, nullcontext, suppress

import pytest

from alerts.models import Alert
from inventory.models import StockMovement
from launcher import commands
from notifications.models import OutboxMessage
from operations.ledger_verification import verify_ledger
from tests.alerts.stocks import move, stock_of
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from tests.operations.processes import free_port, running, wait_until, web_server
from tests.reliability.clients import Company, Crowd
from tests.reliability.own_servers import own_broker, own_state

pytestmark = pytest.mark.django_db(transaction=True)
HEALTH, READY = "/api/health/", "/api/health/ready/"
# A mail that failed three times in a minute is tried again up to four minutes later.
DRAIN_SECONDS = 420
# What nine of ten answers may take longer than on the same machine with all parts there: only a
# few requests find out that the cache hangs, and wait for its time-out.
LONGER = 0.5


class MailProcess:
    """An SMTP server that can be stopped and killed; it keeps its mails in a folder."""

    def __init__(self, folder):
        self.folder, self.port = folder / "mails", free_port()
        self.log = folder / "mail-log"
        self.stack = ExitStack()
        self.process = None

    def start(self):
        argv = ["-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}"]
        argv += ["-c", "aiosmtpd.handlers.Mailbox", str(self.folder)]
        started = running([sys.executable, *argv], self.log)
        self.process = self.stack.enter_context(started)

    def message_ids(self):
        box = mailbox.Maildir(str(self.folder), create=True)
        return Counter(mail["Message-ID"] for mail in box)

    @property
    def environment(self):
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.port),
        }


@contextmanager
def stopped(popen):
    """SIGSTOP: it takes connections and answers nothing."""
    popen.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        popen.send_signal(signal.SIGCONT)


@contextmanager
def killed(popen, start):
    popen.kill()
    popen.wait(timeout=10)
    yield
    start()


def dependencies(port):
    """Return the state of the parts; a busy machine may need a second try to reach its database."""
    for _ in range(20):
        with suppress(urllib.error.HTTPError):
            ready = urllib.request.urlopen(f"http://127.0.0.1:{port}{READY}", timeout=10)
            with ready, urllib.request.urlopen(f"http://127.0.0.1:{port}{HEALTH}") as answer:
                return json.load(answer)["dependencies"]
        time.sleep(0.5)
    raise AssertionError("not ready")


class Installation:
    """Web, worker and beat with a broker and a mail server of their own, and a manager."""

    def __init__(self, stack, folder):
        self.company, self.port, self.causes = Company(), free_port(), []
        manager = UserFactory(role="manager")
        MembershipFactory(user=manager, warehouse=self.company.warehouse)
        self.mails = MailProcess(folder)
        stack.enter_context(self.mails.stack)
        self.mails.start()
        self.broker = stack.enter_context(own_broker(stack.enter_context(own_state())))
        told = self.mails.environment | {
            "REDIS_URL": self.broker.cache_url(),
            "CELERY_BROKER_URL": self.broker.broker_url(),
        }
        stack.enter_context(web_server(self.port, folder / "web", **told))
        worker = commands.worker(sys.executable)
        beat = commands.beat(sys.executable, folder / "schedule")
        stack.enter_context(running(worker, folder / "worker", **told))
        stack.enter_context(running(beat, folder / "beat", **told))

    def outages(self):
        return {
            "all there": nullcontext,
            "broker stopped": lambda: stopped(self.broker.process.popen),
            "broker killed": lambda: killed(self.broker.process.popen, self.broker.start),
            "mail stopped": lambda: stopped(self.mails.process),
            "mail killed": lambda: killed(self.mails.process, self.mails.start),
        }

    def run_low(self):
        """Post what causes an alert, and so a mail."""
        stock = stock_of(30, warehouse=self.company.warehouse)
        move(stock, -20)
        self.causes.append(stock.variation_id)

    def wait_for_mails(self):
        wait_until(lambda: len(self.mails.message_ids()) == len(self.causes), DRAIN_SECONDS)

    def suffer(self, name, seconds, crowd):
        """Go through one outage with alerts in it; return what was said of the parts meanwhile."""
        with self.outages()[name]():
            self.run_low()
            before = len(crowd.acknowledged)
            time.sleep(seconds / 2)
            told = dependencies(self.port)
            self.run_low()
            time.sleep(seconds / 2)
            assert len(crowd.acknowledged) > before + seconds, name
        self.wait_for_mails()
        return told


def test_nothing_is_lost_while_broker_and_mail_server_are_away(tmp_path, count, record_property):
    seconds = count(0, full=60)
    if not seconds:
        pytest.skip("takes minutes: with --full")
    with ExitStack() as stack:
        product = Installation(stack, tmp_path)
        crowd = Crowd(product.company, product.port, pause=0.2)
        product.run_low()
        product.wait_for_mails()
        usual = {}
        for name in product.outages():
            crowd.usual_seconds()
            told = product.suffer(name, seconds, crowd)
            usual[name] = crowd.usual_seconds()
            is_there = "unavailable" if name.startswith("broker") else "connected"
            assert (told["redis"], told["database"]) == (is_there, "connected"), name
        crowd.stop()
        wait_until(lambda: not OutboxMessage.objects.filter(status="pending").exists(), 60)

    posted = Counter(StockMovement.objects.exclude(notes="").values_list("notes", flat=True))
    assert posted == crowd.acknowledged
    assert crowd.statuses.keys() == {201}
    record_property("nine of ten answers within", usual)
    assert {
        name for name, one in usual.items() if one > 2 * usual["all there"] + LONGER
    } == set(), usual
    alerted = Alert.objects.values_list("variation_id", flat=True)
    assert sorted(alerted) == sorted(product.causes)
    assert OutboxMessage.objects.exclude(status="sent").count() == 0
    assert verify_ledger() == []
