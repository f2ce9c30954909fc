"""Secrets of signing in appear in no log, no error, no task and no row that others read."""

import json
import logging
import re
from io import StringIO

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from common.models import IdempotencyRecord
from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from operations.metrics import figures
from tests.users.conftest import PASSWORD
from tests.users.test_second_factor import code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log():
    """Whatever is logged meanwhile, at the most talkative level, without the net of the format."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel("DEBUG")
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def database_as_text():
    """Return every column of every table, as a thief of a back-up reads it."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT string_agg(one::text, chr(10)) FROM "{table}" AS one')
            texts.append(cursor.fetchone()[0] or "")
    return "".join(texts)


def back_office_pages(user):
    """Yield what an administrator reads of sign-ins, tokens, mails and the audit."""
    client = Client()
    client.force_login(user)
    addresses = ["/admin/common/auditentry/"]
    for page in ("users/signin", "users/apitoken", "notifications/outboxmessage"):
        row = apps.get_model(*page.split("/")).objects.all()[0]
        addresses += [f"/admin/{page}/", f"/admin/{page}/{row.pk}/change/"]
    logging.disable(logging.DEBUG)  # templates tell of each name that they look for
    try:
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            yield answer.content.decode()
    finally:
        logging.disable(logging.NOTSET)


def test_twelve_secrets_stand_nowhere(account, log):
    """Each is sent where it belongs, then looked for everywhere else."""
    user = account(role="admin")
    keyed = {"HTTP_IDEMPOTENCY_KEY": "canary"}
    anonymous = APIClient(**keyed)
    signed_in = anonymous.post(
        "/api/auth/login/", {"username": user.username, "password": PASSWORD}
    ).json()
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {signed_in['access_token']}", **keyed)
    anonymous.post("/api/auth/login/", {"username": user.username, "password": "canary-wrong"})
    made = client.post("/api/auth/totp/", {"password": PASSWORD}).json()
    code = code_of(made["secret"])
    recovery = client.post("/api/auth/totp/confirm/", {"code": code}).json()["recovery_codes"]
    token = client.post("/api/auth/tokens/", {"name": "x", "scopes": ["all"]}).json()["token"]
    APIClient(HTTP_AUTHORIZATION=f"Token {token}").get("/api/suppliers/")
    APIClient(HTTP_AUTHORIZATION="Token ip_canary-token").get("/api/suppliers/")
    anonymous.post("/api/auth/password/reset/", {"email": user.email})
    deliver_due_messages()
    link = re.search(r"token=\d+-(\w+)", mail.outbox[-1].body)[1]
    refused = [
        anonymous.post(
            "/api/auth/password/reset/confirm/",
            {"token": f"1-{link}canary", "new_password": "canary-reset"},
        ),
        client.post(
            "/api/auth/password/change/",
            {"old_password": "canary-old", "new_password": "canary-new-password"},
        ),
    ]

    secrets = [
        PASSWORD, signed_in["access_token"], signed_in["refresh_token"], made["secret"],
        recovery[0], token, link, "canary-wrong", "canary-token", "canary-reset", "canary-old",
        "canary-new-password",
    ]  # fmt: skip
    assert len(secrets) == 12
    rows = [row for model in apps.get_models() for row in model._base_manager.all()]
    places = {
        "log": log.getvalue(),
        "errors": "".join(json.dumps(answer.json()) for answer in refused),
        "outbox and stored answers": repr(
            [*OutboxMessage.objects.values(), *IdempotencyRecord.objects.values()]
        ),
        "the whole database": database_as_text(),
        "how rows are shown": "".join(f"{row!r} {row}" for row in rows),
        "figures": str(figures(several_processes=False)),
        "pages of the back office": "".join(back_office_pages(user)),
    }
    found = {
        (place, secret) for place, text in places.items() for secret in secrets if secret in text
    }
    assert found == set()
    assert "/api/auth/login/" in places["log"]
    assert token[:11] in places["the whole database"]
    assert token[:11] in places["pages of the back office"]
