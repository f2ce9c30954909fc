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
from inventory.scanned_codes import read_code
from operations.finding import PLACES, bin_matches, scan, search_everywhere

MOST_FOUND = 100
SHORTEST_TEXT = 2  # of one letter there is too much of everything


def found_in_back_office(site: Any, request: HttpRequest, text: str) -> list[SearchResult]:
    """Return the pages whose title has a text, then rows: what the text is the code of comes first.

    A text is taken for a scan, too: a bin, a barcode, GS1 elements, an address on a label.
    """
    pages = [page for page in pages_of(site, request) if text.lower() in page.title.lower()]
    if len(text) < SHORTEST_TEXT:
        return pages[:MOST_FOUND]
    scanned = list(rows_scanned(site, request, text))
    if scanned and not text.isalnum():
        return [*pages, *scanned][:MOST_FOUND]  # words like those of a code are noise
    rows = list(rows_found(site, request, text))
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


def rows_found(site: Any, request: HttpRequest, text: str) -> Iterator[SearchResult]:
    """Yield what `search_everywhere` finds for the user, with the page that shows it."""
    try:
        found = search_everywhere(text=text, acting_user=caller(request))
    except InvalidInput:
        return
    yield from shown(site, request, chain.from_iterable(found.values()))


def rows_scanned(site: Any, request: HttpRequest, text: str) -> Iterator[SearchResult]:
    """Yield what a text is the code of, as a scanner would have sent it.

    What has no form of its own is found by the search, but for bins.
    """
    user = caller(request)
    try:
        code = read_code(text)
    except InvalidInput:
        return
    if code.looks_like == "text":
        yield from shown(site, request, bin_matches(code, user))
    else:
        yield from shown(site, request, scan(scanned=text, acting_user=user)["matches"])


def shown(
    site: Any, request: HttpRequest, hits: Iterable[dict[str, Any]]
) -> Iterator[SearchResult]:
    """Yield hits whose page the user may open."""
    icons = {page.link: page.icon for page in pages_of(site, request)}
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
