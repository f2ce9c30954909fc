"""Ways to the pages of the admin site."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def page_of(row: Any) -> str:
    """Return the address of the page of a row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def link_to(row: Any, text: str = "") -> SafeString:
    """Return a link to the page of a row."""
    return link(page_of(row), text or str(row))


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


def with_link(text: str, row: Any) -> SafeString:
    """Return a message whose {} leads to the page of a row."""
    return format_html(
        text, format_html('<a class="underline" href="{}">{}</a>', page_of(row), row)
    )
