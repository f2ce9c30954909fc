"""What browsers are told about our pages, and that our pages keep to it."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.staticfiles import finders
from django.test import Client

from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
PAGES = [
    "/admin/login/", "/admin/", "/api/docs/", "/api/suppliers/", "/api/session/login/",
    "/account/password/forgotten/", "/account/password/?token=x",
]  # fmt: skip
# Whose library evaluates expressions that stand in the page.
IN_ADMIN_LOOKS = ("/admin/", "/api/session/", "/account/")
ICON = "/static/common/favicon.svg"


@pytest.fixture
def browser():
    client = Client(HTTP_ACCEPT="text/html")
    client.force_login(UserFactory(role="admin"))
    return client


@pytest.fixture
def visitor():
    return Client(HTTP_ACCEPT="text/html")


def policy_of(answer):
    directives = answer["Content-Security-Policy"].split("; ")
    return {name: values for name, *values in map(str.split, directives)}


@pytest.mark.parametrize("path", [*PAGES, "/api/health/", "/nowhere/", "/metrics", "/favicon.ico"])
def test_every_answer_has_the_headers(browser, path):
    answer = browser.get(path)

    policy = policy_of(answer)
    assert policy["default-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert "'unsafe-inline'" not in policy["script-src"]
    assert ("'unsafe-eval'" in policy["script-src"]) == path.startswith(IN_ADMIN_LOOKS)
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
        assert source.startswith(("/static/", "/api/docs/?", "data:", "/favicon.ico")), source
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


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_the_products_icon(browser, visitor, path):
    client = visitor if "login" in path or "password" in path else browser
    html = client.get(path).content.decode()
    icons = re.findall(r'<link\b[^>]*rel="icon"[^>]*href="([^"]+)"', html)
    icons += re.findall(r'<link\b[^>]*href="([^"]+)"[^>]*rel="icon"', html)

    assert icons == [{"/api/docs/": "/favicon.ico"}.get(path, ICON)]


def test_icon_that_browsers_ask_for_unasked_is_there(visitor):
    answer = visitor.get("/favicon.ico")

    assert (answer.status_code, answer.url) == (302, "/static/common/favicon.ico")
    assert finders.find("common/favicon.ico")


def test_first_page_leads_to_every_door(visitor):
    answer = visitor.get("/")

    assert answer.status_code == 200
    links = re.findall(r'<a href="([^"]+)"', answer.content.decode())
    assert links == [
        "/admin/",
        "/api/docs/",
        "/api/session/login/?next=/api/products/",
        "/api/health/",
    ]
    for link in links:
        assert visitor.get(link, follow=True).status_code == 200
    assert visitor.post("/").status_code == 405


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 302), ("manager", 302), ("staff", 302), ("sales", 200), ("viewer", 200)],
)
def test_first_page_leads_the_back_office_to_its_work(visitor, role, status):
    visitor.force_login(UserFactory(role=role))

    answer = visitor.get("/")

    assert answer.status_code == status
    if status == 302:
        assert answer.url == "/admin/"


@pytest.mark.parametrize(
    ("page", "role", "landing"),
    [
        ("/admin/login/", "staff", "/admin/"),
        ("/api/session/login/", "staff", "/admin/"),
        ("/api/session/login/", "sales", "/"),
    ],
)
def test_signing_in_without_a_destination_leads_somewhere(visitor, settings, page, role, landing):
    settings.SECURE_SSL_REDIRECT = False
    user = UserFactory(role=role, password=make_password("correct horse battery"))
    body = {"username": user.username, "password": "correct horse battery"}

    answer = visitor.post(page, body, follow=True)

    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == landing


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/api/suppliers/", "private, no-store"),
        ("/api/auth/status/", "private, no-store"),
        ("/api/no-such-thing/", "private, no-store"),
        ("/account/password/?token=x", "max-age=0, no-cache, no-store, must-revalidate, private"),
        ("/admin/", "max-age=0, no-cache, no-store, must-revalidate, private"),
    ],
)
def test_what_people_see_is_kept_by_no_browser_and_no_proxy(browser, path, kept):
    assert browser.get(path)["Cache-Control"] == kept


def test_cookies_of_production_are_bound_to_the_host_and_to_tls():
    """The browser itself refuses such a name from elsewhere (RFC 6265bis, 4.1.3)."""
    code = (
        "import json; from django.conf import settings as s;"
        "print(json.dumps([s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE,"
        "s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_PATH,"
        "s.SESSION_COOKIE_DOMAIN, s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT]))"
    )
    production = {**os.environ, "SECURE_SSL": "true", "DEMO": "false", "DEBUG": "false"}

    told = subprocess.run(
        [sys.executable, "-c", code], env=production, capture_output=True, text=True, check=True
    )

    names = ["__Host-sessionid", "__Host-csrftoken"]
    assert json.loads(told.stdout) == [*names, True, True, True, "/", None, 31_536_000, True]
