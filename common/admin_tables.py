"""Tables on a page of the admin site that are only to read: what else there is about its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
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


def link_to(row: Any, text: str = "") -> SafeString:
    """Return a link to the page of a row."""
    page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return link(page, text or str(row))


def link_to_list(model: Any, query: str, text: str) -> SafeString:
    """Return a link to a list, narrowed by a query such as `?q=SUP001`."""
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return link(f"{page}{query}", text)


def link(address: str, text: str) -> SafeString:
    return format_html(
        '<a class="text-primary-600 underline dark:text-primary-500" href="{}">{}</a>',
        address,
        text,
    )
