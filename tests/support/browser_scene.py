"""A browser that is watched: what its pages complain of, whom they ask, and how they look."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

from api.pages import BUILT

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-extensions",
]
SHOTS = Path(__file__).parents[2] / "tests" / "browser" / "shots"
"""Where the pictures of the pages lie after the tests; not in git."""
WAITING = (".ant-spin-spinning", ".ant-skeleton-active")
WIDTH, HEIGHT = 1360, 860
WAIT_MS = 20_000
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
Lang = Literal["zh", "en"]
Theme = Literal["light", "dark"]
Look = tuple[Lang, Theme]
_SWITCHES = {
    "zh": "中文",
    "en": "English",
    "light": re.compile("切换到浅色|Switch to light"),
    "dark": re.compile("切换到深色|Switch to dark"),
}
_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
_GO = """(path) => {
  globalThis.jumped = 0;
  history.pushState({}, "", path);
  dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}"""
_STILL = """() => Promise.all(document.getAnimations()
  .filter((each) => each.effect.getComputedTiming().iterations !== Infinity)
  .map((each) => each.finished.catch(() => null)))
  .then(() => null)"""
_EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
"""The browser writes down every refusal; tests that provoke one look at the page's answer."""


def browser_path() -> str | None:
    """The browser of this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """A browser without a window; it asks nobody on its own."""
    browser = playwright.chromium.launch(executable_path=browser_path(), args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


class Violation(NamedTuple):
    """A rule of axe that a page breaks, and where."""

    rule: str
    targets: tuple[str, ...]
    summary: str


class Reader:
    """Somebody with a browser of their own: language, theme, and what went wrong on the way."""

    def __init__(self, browser: Browser, address: str, *, lang: Lang = "zh", theme: Theme = "light") -> None:
        self.address, self.lang, self.theme = address, lang, theme
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=address, viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN" if lang == "zh" else "en-GB"
        )
        self.context.set_default_timeout(WAIT_MS)
        self.context.add_init_script(
            # a frame without an origin has no storage
            f"if (origin !== 'null') {{ localStorage['mo.lang'] = '{lang}'; localStorage['mo.theme'] = '{theme}'; }}"
            "addEventListener('securitypolicyviolation', (each) => console.error('CSP ' + each.violatedDirective));"
            "globalThis.jumped = 0; new PerformanceObserver((list) => { for (const each of list.getEntries())"
            " if (!each.hadRecentInput) globalThis.jumped += each.value; })"
            ".observe({type: 'layout-shift', buffered: true});"
        )
        self.context.on("request", self._request)

    def sign_in(self, token: str) -> None:
        """Be the person whose token this is, by a code that signs in once."""
        asked = self.context.request.post("/api/v1/session/code", headers={"Authorization": f"Bearer {token}"})
        came_in = self.context.request.post("/api/v1/session", data={"code": asked.json()["code"]})
        assert came_in.ok, came_in.text()

    def page(self, path: str = "/") -> Page:
        """A tab at a path; it is ready when its heading stands."""
        page = self.context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.goto(path)
        page.locator("h1").first.wait_for()
        return page

    def change(self, page: Page, lang: Lang, theme: Theme) -> None:
        """Another language and theme, by the buttons that every page has, also where a dialog lies over them."""
        for now, wanted in ((self.lang, lang), (self.theme, theme)):
            if now != wanted:
                page.locator("header button").filter(visible=True).and_(
                    page.get_by_role("button", name=_SWITCHES[wanted], include_hidden=True)
                ).dispatch_event("click")
        self.lang, self.theme = lang, theme

    def close(self) -> None:
        """Go, and say what went wrong.

        Raises:
            AssertionError: a page complained, or asked another host.
        """
        self.context.close()
        assert not self.complaints, self.complaints

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _EXPECTED.match(message.text):
            self.complaints.append(f"{message.type}: {message.text[:300]}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self.complaints.append(f"asked another host: {request.url[:200]}")


def go(page: Page, path: str) -> None:
    """Be elsewhere, as by a link, without loading the page anew; what jumps is counted from here on."""
    page.evaluate(_GO, path)


def violations(page: Page) -> list[Violation]:
    """What axe finds on the page as it is now."""
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(_AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", list(RULES)
    )
    return [
        Violation(
            each["id"], tuple(str(node["target"][0]) for node in each["nodes"][:5]), each["nodes"][0]["failureSummary"]
        )
        for each in found["violations"]
    ]


def jumped(page: Page) -> float:
    """By how much its parts moved of themselves until now: the cumulative layout shift, of the browser's own count."""
    return float(page.evaluate("() => globalThis.jumped"))


def weight(address: str, fetched: list[str]) -> int:
    """Bytes of the built files among these URLs, each once, as gzip sends them."""
    built = {url.removeprefix(f"{address}/") for url in fetched if url.startswith(f"{address}/assets/")}
    files = [BUILT / path for path in built]
    packed = [file.with_name(f"{file.name}.gz") for file in files]
    return sum((one if one.is_file() else file).stat().st_size for one, file in zip(packed, files, strict=True))


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def settle(page: Page) -> None:
    """Wait until nothing is being loaded any more."""
    page.wait_for_load_state("load")
    # parts below are made later, and begin with signs of waiting of their own
    for sign in (*WAITING, "[data-coming]", *WAITING):
        page.wait_for_selector(sign, state="detached")
    # what has just come in, or changes its colours, has done so
    page.wait_for_timeout(400)
    page.evaluate(_STILL)
