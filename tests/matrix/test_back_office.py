"""Crafted requests to every page of the admin site, made from its registry.

Whoever works in one warehouse names rows of another: in addresses, in actions, in the fields and
lines of forms, in filters. `--full` sends all of them.
"""

import random

import pytest
from django import forms
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse
from django.urls.resolvers import RoutePattern

from common.permissions import Role
from tests.admin.pages import values_of
from tests.matrix.belongings import told_of
from tests.matrix.conftest import SECRET, undone
from users.models import User

pytestmark = pytest.mark.django_db
ROLES = [Role.MANAGER, Role.STAFF]
ABSENT = 999_999_999
# Coming in writes these; an address that leads nowhere writes nothing else.
COMING_IN = {"django_session", "users_signin", "users_user"}
# Everybody may know which warehouses there are, so these answer as of one that is there; the page
# shows people of one's own alone.
WAREHOUSES = "/admin/warehouses/warehouse/"
EVERYBODYS = {
    ("get", WAREHOUSES, "/change/"): 200,
    ("get", WAREHOUSES, "/history/"): 403,
    ("post", WAREHOUSES, "/history/"): 403,
}
SECRETS = ("password", "notes", "extra_permissions", "session_key", "token_hash", "secret")


def registered():
    return sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)


def name_of(model, page):
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


@pytest.fixture
def office(walked):
    """Return a function that sends a request as a role and gives the answer with its changes."""

    def send(role, method, address, posted=None):
        client = Client(raise_request_exception=False)
        with undone():
            client.force_login(walked.users[role])
            answer = getattr(client, method)(address, posted or {})
            answer.seen = walked.contents.changes()
            answer.text = answer.content.decode(errors="replace")
        return answer

    return send


def object_pages(model, page):
    """Return the parts before and after the key of each address that shows or does something."""
    prefix = reverse(name_of(model, "changelist"))
    return sorted(
        (prefix, str(pattern.pattern).partition("<path:object_id>")[2])
        for pattern in page.get_urls()
        if isinstance(pattern.pattern, RoutePattern)
        and str(pattern.pattern).startswith("<path:object_id>")
    )


def keys_of(world, model):
    table = model._meta.db_table
    return sorted(key for name, key in world.owned if name == table)


def crafted_addresses(world):
    """Every page and step of a foreign row, by reading and by posting."""
    return [
        (role, method, before, key, after)
        for model, page in registered()
        for key in keys_of(world, model)[:1]
        for before, after in object_pages(model, page)
        for role in ROLES
        for method in ("get", "post")
    ]


def test_every_page_and_step_of_a_foreign_row_answers_as_of_an_absent_one(walked, office, count):
    cases = crafted_addresses(walked)
    chosen = random.Random(3).sample(cases, count(12, full=len(cases)))
    wrong = {}
    for role, method, before, key, after in chosen:
        posted = {"post": "yes", "_version": "", "notes": "x", "reason": "x", "confirm": "yes"}
        foreign, absent = (
            office(role, method, f"{before}{one}{after}", posted if method == "post" else None)
            for one in (key, ABSENT)
        )
        told = [SECRET] if SECRET in foreign.text else []
        told += [
            f"{answer.status_code} {answer.get('Location', '').replace(str(one), '…')}"
            for answer, one in ((foreign, key), (absent, ABSENT))
        ]
        fine = told[0] == told[-1] and foreign.status_code in (302, 403, 404, 405)
        known = EVERYBODYS.get((method, before, after))
        fine = fine or (known == foreign.status_code and SECRET not in foreign.text)
        written = set(foreign.seen) - COMING_IN
        if not fine or written:
            wrong[role.value, method, f"{before}{key}{after}"] = told, written

    assert len(cases) > 200
    assert wrong == {}


def test_no_action_reaches_rows_that_the_list_does_not_show(walked, office):
    cases = [
        (role, model, action)
        for model, page in registered()
        for action in [getattr(one, "__name__", one) for one in page.actions]
        for role in ROLES
        if keys_of(walked, model)
    ]
    wrong, statuses = {}, []
    for role, model, action in cases:
        posted = {
            "action": action,
            "_selected_action": keys_of(walked, model),
            "select_across": 1,
            "index": 0,
            "post": "yes",
        }
        answer = office(role, "post", reverse(name_of(model, "changelist")), posted)
        statuses.append(answer.status_code)
        reached = told_of(answer.seen, walked.owned)
        if reached or SECRET in answer.text or answer.status_code >= 500:
            wrong[role.value, model._meta.label, action] = answer.status_code, reached

    assert len(cases) > 10
    assert {200, 302} <= set(statuses)  # not only the whole list, for whoever does not open it
    assert wrong == {}


def test_no_list_offers_to_delete_what_is_chosen(walked, rf):
    request = rf.get("/admin/")
    request.user = walked.admin

    offering = [
        model._meta.label
        for model, page in registered()
        if "delete_selected" in page.get_actions(request)
    ]

    assert offering == []


def choices_of(context):
    """Return every field of a form and of the empty line of its lines that names a row."""
    boxes = [("", context["adminform"].form)]
    boxes += [
        (f"{one.formset.prefix}-0-", one.formset.empty_form)
        for one in context["inline_admin_formsets"]
    ]
    return [
        (prefix + name, field)
        for prefix, form in boxes
        for name, field in form.fields.items()
        if isinstance(field, forms.ModelChoiceField)
    ]


def test_no_form_takes_a_row_of_a_foreign_warehouse(walked, office, count):
    """Neither is it offered, nor taken where it is sent all the same."""
    pages = [(role, model) for model, _ in registered() for role in ROLES]
    offered, taken, fields = [], [], 0
    for role, model in random.Random(6).sample(pages, count(24, full=len(pages))):
        address = reverse(name_of(model, "add"))
        page = office(role, "get", address)
        if page.status_code != 200 or "adminform" not in page.context:
            continue
        posted = values_of(page.context["adminform"].form)
        for inline in page.context["inline_admin_formsets"]:
            posted |= values_of(inline.formset.management_form)
            posted |= {f"{inline.formset.prefix}-TOTAL_FORMS": 1}
        for name, field in choices_of(page.context):
            keys = keys_of(walked, field.queryset.model)
            if not keys:
                continue
            fields += 1
            answer = office(role, "post", address, {**posted, **claim(name, keys[0])})
            taken += told_of(answer.seen, walked.owned)
            assert answer.status_code < 500
            may_name = is_line(name) or is_end_of_transfer(model, name)
            if not may_name and field.queryset.filter(pk__in=keys).exists():
                offered.append((model._meta.label, name))

    assert fields >= count(3, full=12)
    assert (offered, taken) == ([], [])


def is_line(name):
    """Say whether a field is the key of a line, which is looked for among the lines shown alone."""
    return name.endswith("-0-id")


def claim(name, key):
    """Return what is posted to name a row; a line is said to have been there before."""
    prefix = name.removesuffix("-0-id")
    return {name: key, f"{prefix}-INITIAL_FORMS": 1} if is_line(name) else {name: key}


def is_end_of_transfer(model, name):
    """Say whether a field is an end of a transfer: one of them may be any warehouse."""
    return model._meta.model_name == "transferrequest" and name.endswith("_warehouse")


def lookups_of(model, depth=2, prefix=""):
    """Yield filters over what a list does not show: secrets, at the end of references."""
    for field in model._meta.get_fields():
        if prefix and field.name in SECRETS:
            yield f"{prefix}{field.name}__startswith"
        target = field.related_model if field.is_relation else None
        if depth and isinstance(target, type) and issubclass(target, models.Model):
            yield from lookups_of(target, depth - 1, f"{prefix}{field.name}__")


def test_no_list_is_narrowed_by_what_stands_behind_its_rows(walked, office, count):
    """Such as a colleague's hash of the password, one character at a time."""
    cases = [
        (role, model, lookup)
        for model, _ in registered()
        for lookup in lookups_of(model)
        for role in ROLES
    ]
    chosen = random.Random(5).sample(cases, count(12, full=500))
    statuses = {
        (role.value, model._meta.label, lookup): office(
            role, "get", reverse(name_of(model, "changelist")), {lookup: "a"}
        ).status_code
        for role, model, lookup in chosen
    }

    assert len(cases) > 100
    assert 400 in statuses.values()  # not only the whole list, for whoever does not open it
    assert {what: code for what, code in statuses.items() if code not in (400, 403)} == {}


@pytest.mark.parametrize("query", ["_popup=1&_to_field=password", "_to_field=notes"])
def test_no_page_gives_a_column_for_a_key(office, query):
    for page in ("changelist", "add"):
        answer = office(Role.MANAGER, "get", f"{reverse(name_of(User, page))}?{query}")

        assert answer.status_code in (400, 403)


def test_completion_of_the_other_end_of_a_reference_is_refused(office):
    query = "?app_label=inventory&model_name=category&field_name=children&term="

    assert office(Role.STAFF, "get", reverse("admin:autocomplete") + query).status_code == 403


def test_completion_tells_names_alone_whatever_is_asked_for(walked, office, count):
    """Some of what may be completed; in the full run whatever a caller may name."""
    fields = [
        (model._meta.app_label, model._meta.model_name, field)
        for model, _ in registered()
        for field in model._meta.get_fields()
    ]
    completed = [one for one in fields if one[2].concrete and one[2].is_relation]
    asked, statuses = count(random.Random(7).sample(completed, 16), full=fields), []
    for app, model, field in asked:
        query = f"?app_label={app}&model_name={model}&field_name={field.name}&term="
        answer = office(Role.STAFF, "get", reverse("admin:autocomplete") + query)

        statuses.append(answer.status_code)
        assert answer.status_code in (200, 400, 403, 404), (app, model, field)
        assert SECRET not in answer.text
        assert "argon2" not in answer.text

    assert 200 in statuses
