"""Saving what a form holds through services, and telling in the form what they refuse."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError

from common.api.exception_handler import is_retryable
from common.exceptions import Busy, DomainError, InvalidInput

ATTEMPTS = 4


def persistently(call: Callable[[], Any]) -> Any:
    """Call again what lost a lock; raise a DomainError for what the database refused."""
    for _ in range(ATTEMPTS):
        try:
            return call()
        except OperationalError as error:
            if not is_retryable(error):
                raise
        except (IntegrityError, ProtectedError) as error:
            raise InvalidInput(
                "Another record stands against this: it has the same code, or refers to this one."
            ) from error
        except DataError as error:
            raise InvalidInput("A value is out of the range that can be stored.") from error
    raise Busy("Others are writing the same records. Try again in a moment.")


def refused_form(form: Any, refusal: DomainError, texts: list[str]) -> Any:
    """Return the form class with a refusal among its errors, at the fields that it names."""

    class RefusedForm(form):
        def _post_clean(self) -> None:
            super()._post_clean()
            named = dict(field_texts(refusal, set(self.fields)))
            for field, told in named.items():
                self.add_error(field, told)
            if refusal.message not in [text for told in named.values() for text in told]:
                self.add_error(None, texts)

    return RefusedForm


def field_texts(refusal: DomainError, fields: set[str]) -> Iterator[tuple[str, list[str]]]:
    for path, told in refusal.details.items():
        field = path.rpartition(".")[2]
        if field in fields and all(isinstance(text, str) for text in told):
            yield field, told


def note_changes(formset: Any) -> None:
    """Tell the history what changed in rows that a service wrote."""
    kept = [form for form in formset.forms if form not in formset.deleted_forms]
    formset.new_objects = [
        form.instance for form in kept if form.has_changed() and not form.instance.pk
    ]
    formset.changed_objects = [
        (form.instance, form.changed_data)
        for form in kept
        if form.has_changed() and form.instance.pk
    ]
    formset.deleted_objects = [form.instance for form in formset.deleted_forms if form.instance.pk]


def filled_rows(formset: Any) -> list[dict[str, Any]]:
    """Return the values of the rows that shall be there, in their order."""
    return [
        form.cleaned_data
        for form in formset.forms
        if form not in formset.deleted_forms and (form.instance.pk or form.has_changed())
    ]
