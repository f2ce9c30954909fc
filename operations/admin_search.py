"""The search over the whole back office: its pages, and what stands on them."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from common.admin_rights import caller
from common.exceptions import InvalidInput
from inventory.models import Stock
from inventory.scanned_codes import ScannedCode, read_code
from operations.finding import PLACES, bin_matches, code_matches, search_everywhere

MOST_FOUND = 100
SHORTEST_TEXT = 2  # of one letter there is too much of everything


def found_in_back_office(site: Any, request: HttpRequest, text: str) -> list[SearchResult]:
    """Return the pages whose title has a text, then rows: what the text is the code of comes first.

    A text is taken for a scan, too: a bin, a barcode, GS1 elements, an address on a label.
    """
    sidebar = list(pages_of(site, request))
    pages = [page for page in sidebar if text.lower() in page.title.lower()]
    if len(text) < SHORTEST_TEXT:
        return pages[:MOST_FOUND]
    code = code_in(text)
    scanned = list(shown(site, request, sidebar, hits_scanned(code, caller(request))))
    has_form = code is not None and code.looks_like != "text"
    if scanned and has_form and not text.isalnum():
        return [*pages, *scanned][:MOST_FOUND]  # words like those of a code are noise
    rows = list(shown(site, request, sidebar, hits_found(text, caller(request))))
    rows.sort(key=lambda row: row.title.partition(" ")[0].upper() != text.upper())
    by_link = {row.link: row for row in [*scanned, *rows]}
    return [*pages, *by_link.values()][:MOST_FOUND]


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


def code_in(text: str) -> ScannedCode | None:
    try:
        return read_code(text)
    except InvalidInput:
        return None


def hits_found(text: str, user: Any) -> Iterable[dict[str, Any]]:
    """Return what `search_everywhere` finds for a user."""
    try:
        return chain.from_iterable(search_everywhere(text=text, acting_user=user).values())
    except InvalidInput:
        return []


def hits_scanned(code: ScannedCode | None, user: Any) -> Iterable[dict[str, Any]]:
    """Return what a code is that of; of one without a form of its own bins alone."""
    if code is None:
        return []
    return bin_matches(code, user) if code.looks_like == "text" else code_matches(code, user)


def shown(
    site: Any,
    request: HttpRequest,
    sidebar: Iterable[SearchResult],
    hits: Iterable[dict[str, Any]],
) -> Iterator[SearchResult]:
    """Yield the pages of hits that the user may open, each with the icon of its list."""
    icons = {page.link: page.icon for page in sidebar}
    models = {place.kind: place.model for place in PLACES} | {"bin": Stock}
    for one in hits:
        model = models[one["type"]]
        if not site.get_model_admin(model).has_view_permission(request):
            continue
        page = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}"
        yield SearchResult(
            title=f"{one['code']} {one['title']}",
            description=one["type"].replace("_", " ").capitalize(),
            link=reverse(f"{page}_change", args=[one["id"]]),
            icon=icons.get(reverse(f"{page}_changelist"), "tag"),
        )
