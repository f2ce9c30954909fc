"""Every table is audited, or says why not."""

import pgtrigger
import pytest
from django.apps import apps
from django.db import connection

from common.audit import EXEMPT, TRAILS, TrailTrigger, object_type

# Tables of the framework, which cannot be marked themselves.
OF_OTHERS = {
    "admin.LogEntry": "Itself a record; the audit has what changed.",
    "auth.Permission": "Made by migrate from the models.",
    "contenttypes.ContentType": "Made by migrate from the models.",
    "sessions.Session": "Of the browser; holds nothing of the business.",
}


def tables():
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]


@pytest.mark.parametrize("model", tables(), ids=lambda model: model._meta.label)
def test_table_is_audited_or_says_why_not(model):
    """Put @audited() above the model; or @not_audited("why"), if its rows are a record already."""
    told = [
        model in TRAILS,
        model in EXEMPT,
        getattr(model, "append_only", False),
        model._meta.label in OF_OTHERS,
    ]

    assert told.count(True) == 1, model._meta.label


def test_names_of_tables_in_the_audit_are_unique():
    names = [object_type(model) for model in TRAILS]

    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_every_trigger_is_installed_and_on():
    triggers = [(model, trigger) for model, trigger in pgtrigger.registered()]

    assert len(triggers) > 40
    assert {
        f"{model._meta.label} {trigger}": status
        for model, trigger in triggers
        if (status := trigger.get_installation_status(model)) != ("INSTALLED", True)
    } == {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid"
            " WHERE f.proname = 'common_record_change'"
            " OR f.prosrc LIKE '%common_audit_statement%' AND f.prosrc LIKE '%new_rows EXCEPT%'"
        )
        watching = [one for _, one in triggers if isinstance(one, TrailTrigger)]
        assert cursor.fetchone() == (len(watching),)


@pytest.mark.django_db
def test_no_trigger_joins_all_rows_of_a_statement():
    """A plan is kept from the first call, often of one row; of many it compares each with each.

    The audit joins fewer than fifty itself, and plans anew for more.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc"
            " WHERE prokind = 'f' AND pronamespace = 'public'::regnamespace"
            r" AND prosrc ~* '(old_rows|new_rows)(\s+AS)?(\s+\w+)?\s+JOIN\s+(old_rows|new_rows)'"
        )
        joining = {name for (name,) in cursor.fetchall()}

    assert joining == {"common_record_change", "common_audit_statement"}
