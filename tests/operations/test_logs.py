"""Log lines: JSON, with the request they belong to, and without secrets."""

import json
import logging
import sys
from http.client import HTTPConnection
from io import StringIO
from logging.config import dictConfig

import pytest
from celery import current_app
from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from common.log_lines import hide_secrets
from config.logging import logging_settings
from launcher import commands
from tests.alerts.stocks import stock_of
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.operations.processes import free_port, running, wait_until, web_server

pytestmark = pytest.mark.django_db
ID = "0d3a7c52-6f39-4a0e-9f6e-0d8f6c1e2b34"
PASSWORD = "canary-password-9c1f"


@pytest.fixture
def log(settings):
    """What a production server writes meanwhile, at the most talkative level."""
    stream = StringIO()
    chosen = logging_settings("DEBUG", readable=False)
    chosen["handlers"]["console"]["stream"] = stream
    dictConfig(chosen)
    yield stream
    dictConfig(settings.LOGGING)


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def access(stream):
    return [record for record in records(stream.getvalue()) if record["logger"] == "access"]


def test_every_request_leaves_one_line(api, log):
    client = api("viewer")

    answer = client.get("/api/suppliers/?search=secret-search", HTTP_X_REQUEST_ID=ID)

    [line] = access(log)
    assert answer["X-Request-ID"] == ID
    assert line.pop("ms") >= 0
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "access",
        "message": "GET /api/suppliers/ 200",
        "request_id": ID,
        "method": "GET",
        "path": "/api/suppliers/",
        "status": 200,
        "user": client.user.code,
    }
    assert "secret-search" not in log.getvalue()


@pytest.mark.parametrize(
    "sent", ["", "x" * 300, "1; DROP TABLE", "line\\nbreak", "None", "../../etc"]
)
def test_odd_request_id_is_replaced(log, sent):
    answer = APIClient().get("/api/suppliers/", HTTP_X_REQUEST_ID=sent)

    given = answer["X-Request-ID"]
    assert len(given) == 32
    assert set(given) <= set("0123456789abcdef")
    assert [line["request_id"] for line in access(log)] == [given]
    assert [line["user"] for line in access(log)] == [None]


def test_line_of_a_path_cannot_make_another_line(log):
    APIClient().get("/api/x%0a%7b%22level%22:%22INFO%22%7d/")

    [line] = access(log)
    assert line["path"] == "/api/x%0A%7B%22level%22:%22INFO%22%7D/"


def test_health_is_not_worth_a_line_in_production(log):
    logging.getLogger().setLevel("INFO")

    APIClient().get("/api/health/live/")

    assert access(log) == []


def test_crash_is_logged_with_its_request(log, settings):
    """A view that fails leaves the traceback and the id, not the query."""
    settings.ROOT_URLCONF = "tests.operations.failing_urls"
    client = APIClient(raise_request_exception=False)

    answer = client.get("/fails/?token=canary-query-5d2e", HTTP_X_REQUEST_ID=ID)

    assert answer.status_code == 500
    [line] = [record for record in records(log.getvalue()) if record["level"] == "ERROR"]
    assert line["request_id"] == ID
    assert "ZeroDivisionError" in line["exc_info"]
    assert "canary" not in log.getvalue()


def test_secrets_are_in_no_line(log):
    """Everything that holds a secret, sent in every place that takes one."""
    user = UserFactory(role="admin", password=make_password(PASSWORD))
    client = APIClient()
    tokens = []
    for path in ("/api/auth/login/", "/api/token/"):
        body = client.post(path, {"username": user.username, "password": PASSWORD}).json()
        tokens += [value for key, value in body.items() if key not in ("token_type", "expires_in")]
        client.post(path, {"username": user.username, "password": "canary-wrong-77aa"})
        client.post(f"{path}?password=canary-query-5d2e", {"password": ["canary-list-31bb"]})
    tokens = [token for token in tokens if isinstance(token, str)]
    assert len(tokens) == 4
    client.post("/api/auth/refresh/", {"refresh_token": tokens[1]})
    client.post("/api/auth/refresh/", {"refresh_token": "canary-refresh-08cd"})
    client.get(f"/api/suppliers/?access_token={tokens[0]}")
    for header in (f"Bearer {tokens[0]}", "Bearer canary-bearer-11ef", "Basic Y2FuYXJ5OmJhc2lj"):
        client.credentials(HTTP_AUTHORIZATION=header)
        client.get("/api/auth/status/")
        client.post("/api/users/", {"username": "x", "password": "canary-new-password-42"})
        client.post("/api/suppliers/", b"{broken canary-body-6f", content_type="application/json")
    client.get("/metrics", HTTP_AUTHORIZATION="Bearer canary-metrics-3344")
    client.cookies["sessionid"] = "canary-session-a9"
    client.get("/admin/login/?next=/admin/&key=canary-key-0b")
    client.post("/admin/login/", {"username": user.username, "password": "canary-admin-5555"})

    text = log.getvalue()
    canaries = ["canary", PASSWORD, "Y2FuYXJ5OmJhc2lj", "eyJ", *tokens]
    assert {canary: text.count(canary) for canary in canaries} == dict.fromkeys(canaries, 0)
    assert len(access(log)) >= 20


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("header Authorization: Bearer abc.def-123", "header Authorization: Bearer [hidden]"),
        ("token eyJhbGciOi.eyJzdWIi.c2lnbmF0 expired", "token [hidden] expired"),
        ("GET /x?page=2&access_token=abc&y=1", "GET /x?page=2&access_token=[hidden]&y=1"),
        ("amqp://user:pass@broker:1/0 is down", "amqp://user:[hidden]@broker:1/0 is down"),
        ("GET /api/products/?search=key 200", "GET /api/products/?search=key 200"),
        ("at 12:30:05 http://a/b@c", "at 12:30:05 http://a/b@c"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_from_any_line(line, hidden):
    assert hide_secrets(line) == hidden


def test_net_holds_for_libraries_and_tracebacks(log):
    try:
        raise ValueError("postgres://owner:canary-dsn-71@db/x")
    except ValueError:
        logging.getLogger("some.library").exception("Bearer canary-library-99 failed")

    [line] = records(log.getvalue())
    assert "ValueError" in line["exc_info"]
    assert "canary" not in log.getvalue()


@pytest.mark.django_db(transaction=True)
def test_request_id_travels_to_the_worker(tmp_path):
    """The movement's request wakes the worker, whose lines carry the request's id."""
    current_app.control.purge()
    warehouse = WarehouseFactory()
    person = UserFactory(role="staff", password=make_password(PASSWORD))
    MembershipFactory(user=person, warehouse=warehouse, is_default=True)
    stock = stock_of(30, warehouse=warehouse)
    port, web, work = free_port(), tmp_path / "web", tmp_path / "worker"

    def request(path, body, **headers):
        server = HTTPConnection("127.0.0.1", port, timeout=20)
        server.request("POST", path, json.dumps(body), headers)
        answer = json.load(server.getresponse())
        server.close()
        return answer

    def tasks_of_request():
        # Before its first line the worker greets whoever started it.
        text = work.read_text()
        return [
            line
            for line in records(text[text.find("\n{") + 1 :] if "\n{" in text else "")
            if line["request_id"] == ID and line["logger"] == "celery.app.trace"
        ]

    with (
        web_server(port, web, DEBUG="false", STATIC_ROOT=str(tmp_path)),
        running(commands.worker(sys.executable), work, DEBUG="false"),
    ):
        kind = {"Content-Type": "application/json"}
        signed_in = request(
            "/api/auth/login/", {"username": person.username, "password": PASSWORD}, **kind
        )
        token = {"Authorization": f"Bearer {signed_in['access_token']}", "X-Request-ID": ID}
        movement = {"sku": stock.variation.sku_code, "movement_type": "outbound", "quantity": 20}
        assert request("/api/stock-movements/", movement, **kind, **token)["quantity"] == -20
        wait_until(tasks_of_request)
        assert "data" not in tasks_of_request()[0]

    lines = records(web.read_text())
    assert [line["path"] for line in lines if line.get("request_id") == ID] == [
        "/api/stock-movements/"
    ]
    assert {line["logger"] for line in lines} >= {"access", "gunicorn.error"}
