"""The search over the whole back office: its pages, and what stands on them."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from common.admin_rights import caller
from common.exceptions import InvalidInput
from operations.finding import PLACES, search_everywhere

MOST_FOUND = 100
SHORTEST_TEXT = 2  # of one letter there is too much of everything


def found_in_back_office(site: Any, request: HttpRequest, text: str) -> list[SearchResult]:
    """Return the pages whose title has a text, then rows: one whose code it is comes first."""
    rows = list(rows_found(site, request, text)) if len(text) >= SHORTEST_TEXT else []
    rows.sort(key=lambda row: row.title.partition(" ")[0].upper() != text.upper())
    pages = [page for page in pages_of(site, request) if text.lower() in page.title.lower()]
    return [*pages, *rows][:MOST_FOUND]


def pages_of(site: Any, request: HttpRequest) -> Iterator[SearchResult]:
    """Yield the pages that stand in the user's sidebar."""
    for area in site.get_sidebar_list(request):
        for entry in area["items"]:
            if entry["has_permission"]:
                yield SearchResult(
                    title=str(entry["title"]),
                    description=str(area.get("title") or "Back office"),
                    link=str(entry["link"]),
                    icon=entry["icon"],
                )


def rows_found(site: Any, request: HttpRequest, text: str) -> Iterator[SearchResult]:
    """Yield what `search_everywhere` finds for the user, with the page that shows it."""
    try:
        found = search_everywhere(text=text, acting_user=caller(request))
    except InvalidInput:
        return
    icons = {page.link: page.icon for page in pages_of(site, request)}
    for place in PLACES:
        page = f"{site.name}:{place.model._meta.app_label}_{place.model._meta.model_name}"
        if not site.get_model_admin(place.model).has_view_permission(request):
            continue
        for row in found.get(place.kind, []):
            yield SearchResult(
                title=f"{row['code']} {row['title']}",
                description=place.kind.replace("_", " ").capitalize(),
                link=reverse(f"{page}_change", args=[row["id"]]),
                icon=icons.get(reverse(f"{page}_changelist"), "tag"),
            )
