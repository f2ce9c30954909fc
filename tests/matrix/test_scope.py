"""Nothing of a foreign warehouse comes out, in whatever way somebody asks."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from common.permissions import Role
from tests.matrix.belongings import rows_of
from tests.matrix.conftest import CHANCE, SECRET, readable, undone
from tests.matrix.routes import endpoints
from tests.matrix.rows import ROWS
from tests.matrix.table import ROLES, SHARED

pytestmark = pytest.mark.django_db
FOREIGN = [role for role in ROLES if role is not Role.ADMIN]
# Everybody knows which warehouses there are: naming a foreign one may find nothing, instead.
KNOWN_TO_ALL = {"warehouse"}
# An end of a transfer may be any warehouse there is, so a known one is refused for another reason.
OTHER_WORDS = {"POST /api/transfer-requests/"}

SCOPED = [row for row in ROWS if row.foreign]
# Those of the product's own pages apart, which show no rows.
WITHOUT_ROWS = ("/api/docs/", "/api/schema/", "/api/health/", "/api/session/", "/metrics")
LISTS = sorted(
    path
    for method, path in endpoints()
    if method == "get" and "{" not in path and not path.startswith(WITHOUT_ROWS) and path != "/"
)


def neutral(answer, place):
    """Return an answer without the references that the request itself named."""
    text = answer.whole.decode(errors="replace")
    for reference in sorted(map(str, named(place)), key=len, reverse=True):
        text = text.replace(reference, "…")
    return answer.status_code, CHANCE.sub("", text)


def named(place):
    names = [name for name in place.world.foreign.references if name not in SHARED]
    return [place[name] for name in names]


@pytest.mark.parametrize("row", SCOPED, ids=str)
def test_foreign_answers_as_absent(world, ask, row):
    """In paths, filters and bodies: the same status and, but for the reference, the same words."""
    differing = {}
    for role in FOREIGN:
        foreign, absent = (
            ask(world.users[role], row.method, row.address(place), row.content(place))
            for place in (world.foreign, world.absent)
        )
        assert foreign.status_code < 500, foreign.whole
        if KNOWN_TO_ALL & used(row) and foreign.status_code == 200:
            assert SECRET not in readable(foreign)
            continue
        told = neutral(foreign, world.foreign), neutral(absent, world.absent)
        if str(row) in OTHER_WORDS:
            told = foreign.status_code, absent.status_code
        if told[0] != told[1]:
            differing[role.value] = told

    assert differing == {}


def used(row):
    return set(re.findall(r"\{(\w+)\}", row.path))


@pytest.mark.parametrize("form", ["limit=100", "format=csv", "format=xlsx", "search=of-foreign"])
@pytest.mark.parametrize("path", LISTS)
def test_no_list_export_or_search_tells_a_secret(tainted, ask, path, form):
    for role in FOREIGN:
        answer = ask(tainted.users[role], "get", f"{path}?{form}")

        assert answer.status_code < 500
        assert SECRET not in readable(answer), (role, path)


def test_the_secrets_are_there_to_be_told(tainted, ask):
    """The control: whoever may see all warehouses finds them in the same lists."""
    telling = [
        path for path in LISTS if SECRET in readable(ask(tainted.admin, "get", f"{path}?limit=100"))
    ]

    assert len(telling) > 8, telling


@pytest.fixture
def back_office(tainted):
    """Return a function that opens an admin page as a role and gives its status and text."""

    def open_page(role, address, follow=True):
        client = Client(raise_request_exception=False)
        client.force_login(tainted.users[role])
        with undone():
            answer = client.get(address, follow=follow)
            text = answer.content.decode(errors="replace")
            return answer.status_code, text if follow else answer.headers.get("Location")

    return open_page


def registered():
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label)
@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF])
def test_no_admin_list_tells_a_secret(back_office, role, model):
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

    for query in ("", "?q=of-foreign"):
        status, text = back_office(role, page + query)

        assert status in (200, 403)
        assert SECRET not in text


@pytest.mark.parametrize(
    "model",
    [model for model in registered() if hasattr(model, "warehouse_paths")],
    ids=lambda model: model._meta.label,
)
@pytest.mark.parametrize("page", ["change", "history", "delete"])
@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF])
def test_no_admin_page_of_a_foreign_object_opens(tainted, back_office, role, page, model):
    row = rows_of(model, tainted.foreign.warehouse).first()
    assert row is not None, f"make a {model._meta.verbose_name} in tests/matrix/rows"
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"

    foreign, absent = (
        back_office(role, reverse(name, args=[key]), follow=False) for key in (row.pk, 999_999_999)
    )

    assert foreign[0] in (302, 403)
    assert foreign == absent
    assert SECRET not in back_office(role, reverse(name, args=[row.pk]))[1]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF])
def test_no_autocomplete_tells_a_secret(back_office, role):
    fields = [
        (model, name)
        for model, page in admin.site._registry.items()
        for name in page.autocomplete_fields
    ]
    assert len(fields) > 3

    for model, name in fields:
        address = (
            f"/admin/autocomplete/?app_label={model._meta.app_label}"
            f"&model_name={model._meta.model_name}&field_name={name}&term="
        )
        for term in ("", "of-foreign"):
            status, text = back_office(role, address + term)

            assert status in (200, 403), (model, name)
            assert SECRET not in text
