"""A browser's session writes nothing without the token that other sites cannot read."""

import pytest
from django.test import Client
from django.urls import reverse

from suppliers.models import Supplier
from tests.factories.users import UserFactory
from tests.matrix.rows import ROWS

pytestmark = pytest.mark.django_db
# Whom these serve nobody knows yet: they take no session for an identity.
WITHOUT_SESSION = {row.endpoint for row in ROWS if row.anonymous != 401}
KINDS = ("application/x-www-form-urlencoded", "text/plain", "application/json")
ELSEWHERE = "https://evil.example"
WRITES = sorted({row.endpoint for row in ROWS if row.method != "get"} - WITHOUT_SESSION)


@pytest.fixture
def browser():
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(UserFactory(role="admin"))
    return client


def test_no_route_writes_for_another_site(browser):
    """Read from the table of all routes; a form and a text are what other sites can send."""
    sent, let_in = 0, {}
    for method, path in WRITES:
        kind = KINDS[sent % len(KINDS)]
        address = path.replace("{}", "1")
        answer = browser.generic(method.upper(), address, "a=1", kind, HTTP_ORIGIN=ELSEWHERE)
        sent += 1
        if answer.status_code != 403 or "CSRF" not in answer.content.decode():
            let_in[method, path, kind] = answer.status_code

    assert sent > 100
    assert let_in == {}


@pytest.mark.parametrize(
    "page",
    [
        "admin:suppliers_supplier_add",
        "admin:logout",
        "admin:password_change",
        "rest_framework:logout",
    ],
)
def test_no_page_writes_for_another_site(browser, page):
    before = Supplier.objects.count()

    answer = browser.post(reverse(page), {"company_name": "Evil"}, HTTP_ORIGIN=ELSEWHERE)

    assert answer.status_code == 403
    assert Supplier.objects.count() == before
    assert browser.get("/admin/").status_code == 200
