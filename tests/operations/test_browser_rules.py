"""What browsers are told about our pages, and that our pages keep to it."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
PAGES = ["/admin/login/", "/admin/", "/api/docs/", "/api/suppliers/"]


@pytest.fixture
def browser():
    client = Client(HTTP_ACCEPT="text/html")
    client.force_login(UserFactory(role="admin"))
    return client


def policy_of(answer):
    directives = answer["Content-Security-Policy"].split("; ")
    return {name: values for name, *values in map(str.split, directives)}


@pytest.mark.parametrize("path", [*PAGES, "/api/health/", "/nowhere/", "/metrics"])
def test_every_answer_has_the_headers(browser, path):
    answer = browser.get(path)

    policy = policy_of(answer)
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert "'unsafe-inline'" not in policy["script-src"]
    assert ("'unsafe-eval'" in policy["script-src"]) == path.startswith("/admin/")
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert "geolocation=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_run_only_scripts_of_our_own_files(browser, path):
    answer = (Client() if "login" in path else browser).get(path)

    assert answer.status_code == 200
    html = answer.content.decode()
    sources = re.findall(r'<(?:script|img|iframe)\b[^>]*\bsrc="([^"]+)"', html)
    sources += re.findall(r'<link\b[^>]*rel="(?:stylesheet|icon)"[^>]*href="([^"]+)"', html)
    assert sources
    for source in sources:
        assert source.startswith(("/static/", "/api/docs/?", "data:")), source
        if source.startswith("/static/"):
            assert finders.find(source.removeprefix("/static/").partition("?")[0]), source
    inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", html)
    assert inline == []
    assert re.findall(r"<[a-z]+\b[^>]*\son[a-z]+=", html) == []


def test_swagger_starts_from_a_file(browser):
    html = browser.get("/api/docs/").content.decode()
    address = re.search(r'<script src="(/api/docs/\?[^"]*)"', html)[1]

    script = browser.get(address)

    assert script["Content-Type"].startswith("application/javascript")
    assert b"SwaggerUIBundle(" in script.content


def test_browsable_api_signs_out_without_a_script(browser):
    html = browser.get("/api/suppliers/").content.decode()
    address = re.search(r'action="(/api/session/logout/[^"]*)"', html)[1]

    answer = browser.post(address)

    assert answer.status_code == 302
    assert browser.get("/api/suppliers/").status_code == 401
