"""Every page in both languages and themes: axe finds nothing, nothing complains, no other host is asked; a picture."""

from __future__ import annotations

import pytest
from browser_scene import Lang, Theme, settle, shoot, violations

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

PATHS = {
    "home": "/",
    "pth": "/models/pth",
    "account": "/account",
    "accounts": "/accounts",
    "audit": "/audit",
    "missing": "/no/such/page",
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
    "compare": "/compare",
    "system": "/system",
}
LOOKS = [
    ("zh", "light"),
    ("en", "dark"),
    pytest.param("zh", "dark", marks=pytest.mark.bars),
    pytest.param("en", "light", marks=pytest.mark.bars),
]


@pytest.mark.parametrize(("lang", "theme"), LOOKS)
def test_every_page_can_be_read_by_everybody(visit, lang: Lang, theme: Theme):
    reader = visit(lang=lang, theme=theme)
    found = {}
    for name, path in PATHS.items():
        page = reader.page(path)
        settle(page)
        shoot(page, f"{name}-{lang}-{theme}")
        if broken := violations(page):
            found[name] = broken
        page.close()
    assert not found
