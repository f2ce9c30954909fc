"""What the hand-written pages point to is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from launcher.verbs import VERBS

ROOT = Path(settings.BASE_DIR)
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDES = [page for page in PAGES if page.name != "api-documentation.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
API_PATH = re.compile(r"`(?:(?:GET|POST|PUT|PATCH|DELETE) )?(/api/[^\s`?|]*)")


def anchors_of(page: Path) -> set[str]:
    """Return the names that headings have as places to jump to."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    dead = []
    for link in LINK.findall(page.read_text()):
        place, _, anchor = link.partition("#")
        if place.startswith("http"):
            continue
        target = page.parent / place if place else page
        if not target.is_file() or (anchor and anchor not in anchors_of(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_commands_are_there(page):
    named = set(re.findall(r"(?:manage\.py|\./run manage) ([a-z_]+)", page.read_text()))
    verbs = set(re.findall(r"\./run ([a-z]+)", page.read_text())) - {"manage"}

    assert named - set(get_commands()) == set()
    assert verbs - set(VERBS) == set()


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_addresses_of_the_api_are_there(page):
    missing = []
    for path in API_PATH.findall(page.read_text()):
        if "..." in path or path == "/api/":
            continue
        filled = re.sub(r"\{[^}]*\}|…", "1", path)
        try:
            resolve(filled if filled.endswith("/") else f"{filled}/")
        except Resolver404:
            missing.append(path)
    assert missing == []
