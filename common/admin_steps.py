"""The buttons of a change page: each names its permission, when it is lawful, and its service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from common.documents.words import file_name
from common.permissions import Can


def always(row: Any) -> bool:
    return True


def anybody(row: Any, user: Any) -> bool:
    return True


def can_become(status: str) -> Callable[[Any], bool]:
    """Return what tells whether a row may go on to a status."""

    def lawful(row: Any) -> bool:
        return status in row.allowed_transitions

    return lawful


def permits(action: str) -> Callable[[Any], bool]:
    """Return what tells whether a row's status permits an action."""

    def lawful(row: Any) -> bool:
        return action in row.allowed_actions

    return lawful


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that may be done with a row.

    run: called with the row and the user, and the form's values; returns what to say.
    form: called with the row and what was posted; asked for before the step is done.
    own_form: a form that depends on who fills it in, called with the user as well.
    is_aside: shown in the menu `More`, so that a page has few buttons side by side.
    is_for: called with the row and the user; who it is not for is not shown the button.
    """

    name: str
    title: str
    permission: Can
    run: Callable[..., str]
    lawful: Callable[[Any], bool] = always
    form: Callable[[Any, Any], forms.Form] | None = None
    own_form: Callable[[Any, Any, Any], forms.Form] | None = None
    is_for: Callable[[Any, Any], bool] = anybody
    explanation: str = ""
    icon: str = "arrow_forward"
    is_final: bool = False
    is_aside: bool = False

    def form_for(self, row: Any, posted: Any, user: Any) -> forms.Form | None:
        """Return the form of this step as a user fills it in, if it has one."""
        if self.own_form is not None:
            return self.own_form(row, posted, user)
        return self.form(row, posted) if self.form is not None else None

    def as_action(self, take: Callable[..., Any]) -> Callable[..., Any]:
        """Return the view of this step with the attributes that the site reads off it."""

        def view(request: Any, object_id: str) -> Any:
            return take(request, object_id, self)

        variant = ActionVariant.DANGER if self.is_final else ActionVariant.PRIMARY
        view.short_description = self.title  # type: ignore[attr-defined]
        view.url_path = self.name  # type: ignore[attr-defined]
        view.icon = self.icon  # type: ignore[attr-defined]
        view.variant = variant  # type: ignore[attr-defined]
        view.attrs = {}  # type: ignore[attr-defined]
        return view


def nothing(row: Any, acting_user: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStep(Step):
    """A document to open: `give` is called with the row and the user, and returns it."""

    run: Callable[..., str] = nothing
    give: Callable[[Any, Any], HttpResponse]


def pdf_page(pdf: bytes, code: str) -> HttpResponse:
    """Return a document that the browser shows, under the name of its number."""
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{file_name(code, "pdf")}"'},
    )


class NotesForm(forms.Form):
    """Words that a step may come with."""

    notes = forms.CharField(
        max_length=500, required=False, widget=UnfoldAdminTextInputWidget, label="Notes"
    )

    def __init__(self, row: Any, posted: Any) -> None:
        super().__init__(posted)
