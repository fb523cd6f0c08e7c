"""Every page, in both languages and themes: axe finds nothing, nothing complains or jumps, no other host is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser_scene import Look, Reader, go, jumped, settle, shoot, violations
from page_scene import pages_with_data
from playwright.sync_api import Page

from api.client.client import Client

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

JUMPED_MAX = 0.05
"""Cumulative layout shift: the bar of the issue, of Chrome's measure (good is <= 0.1)."""
PATHS = {
    "home": "/",
    "pth": "/models/pth",
    "account": "/account",
    "accounts": "/accounts",
    "audit": "/audit",
    "nvidia": "/models/nvidia",
    "ascend": "/models/ascend",
    "structures": "/structures",
    "templates": "/templates",
    "template-new": "/templates/new",
    "conversions": "/conversions",
    "conversion-new": "/conversions/new",
    "datasets": "/datasets",
    "dataset-new": "/datasets/new",
    "tests": "/tests",
    "test-new": "/tests/new",
    "quick-checks": "/quick-checks",
    "parities": "/parities",
    "compare": "/compare",
    "system": "/system",
}
NOWHERE = "/no/such/page"
LIKE_OTHERS = {
    "account", "ascend", "conversion-new", "dataset-figures", "dataset-ledger", "detection-about", "detection-slices",
    "nvidia", "parities", "pth-one", "quick-check", "quick-checks", "scan", "structure", "structures", "template",
    "template-code", "template-diff", "test-again", "tron-describe",
}  # fmt: skip
"""Made of what other pages are made of: the regular run takes their word for it, the slow proof opens them all."""
LOOKS: tuple[Look, ...] = (("zh", "light"), ("en", "dark"), ("zh", "dark"), ("en", "light"))


@pytest.fixture(scope="module")
def paths(mo: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page: those that show lists and forms, and those that show one thing."""
    return PATHS | pages_with_data(mo, tmp_path_factory.mktemp("pages"))


def looked_at(page: Page, name: str, reader: Reader, *, jumps: bool = True) -> Iterator[str]:
    """What is wrong with the page as it looks now; a picture is kept."""
    settle(page)
    shift = jumped(page)
    shoot(page, f"{name}-{reader.lang}-{reader.theme}")
    yield from (f"{name} {reader.lang} {reader.theme}: {broken}" for broken in violations(page))
    if jumps and shift > JUMPED_MAX:
        yield f"{name} {reader.lang} {reader.theme}: jumps by {shift:.3f}"


def walked(paths: dict[str, str], reader: Reader) -> list[str]:
    """What is wrong with these pages, when one tab goes from one to the other as by links."""
    found: list[str] = []
    page = reader.page(NOWHERE)
    for name, path in paths.items():
        go(page, NOWHERE)
        page.locator(".missing").wait_for()
        go(page, path)
        page.locator("main h1:not(.missing h1)").first.wait_for()
        found += looked_at(page, name, reader)
    return found


def opened(paths: dict[str, str], reader: Reader, looks: tuple[Look, ...]) -> list[str]:
    """What is wrong with these pages, each opened by its address: as they are first, then in the other looks."""
    found: list[str] = []
    begun = (reader.lang, reader.theme)
    for name, path in paths.items():
        page = reader.page(path)
        found += looked_at(page, name, reader)
        for look in looks:
            reader.change(page, *look)
            found += looked_at(page, name, reader, jumps=False)
        reader.change(page, *begun)
        page.close()
    return found


def test_pages_can_be_read_by_everybody(paths: dict[str, str], visit):
    """One page of each make: every other one in Chinese on light ground, those between in English on dark."""
    found: list[str] = []
    looked = [each for each in paths.items() if each[0] not in LIKE_OTHERS]
    for start, (lang, theme) in enumerate(LOOKS[:2]):
        found += walked(dict(looked[start::2]), visit(lang=lang, theme=theme))
    assert not found, "\n".join(found)


@pytest.mark.bars
def test_every_page_in_every_language_and_theme(paths: dict[str, str], visit):
    (lang, theme), *others = LOOKS
    found = opened({**paths, "missing": NOWHERE}, visit(lang=lang, theme=theme), tuple(others))
    assert not found, "\n".join(found)
