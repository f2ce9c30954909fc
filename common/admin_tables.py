"""Tables on a page of the admin site that are only to read: what else there is about its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from common.admin import ScopedAdmin, caller


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """A table: cells are texts, or links made by `link_to`; `more` leads to all there is."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    empty: str
    more: SafeString | str = ""


class TablesMixin(ScopedAdmin):
    """Pages with tables below; `tables_of` says which."""

    change_form_outer_after_template = "admin/page_tables.html"

    def tables_of(self, row: Any, user: Any) -> list[PageTable]:
        """Return the tables of a row's page, as far as the user may see what they tell."""
        raise NotImplementedError

    def render_change_form(self, request: HttpRequest, context: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        context["page_tables"] = [] if row is None else self.tables_of(row, caller(request))
        return super().render_change_form(request, context, **kwargs)
