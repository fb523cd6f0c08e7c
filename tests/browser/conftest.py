"""The browser, and a running system with something in it, for the tests of the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from browser_scene import WAIT_MS, Reader, browser_path, launched
from playwright.sync_api import Browser, expect, sync_playwright
from xss_scene import Teller, Told

from api.client.client import Client
from api.pages import BUILT
from deploy.local import control
from deploy.local.home import Home
from deploy.settings import Settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say why, where the pages cannot be looked at."""
    why = "no Chromium here: apt-get install chromium fonts-wqy-microhei" if browser_path() is None else ""
    if not (BUILT / "index.html").is_file():
        why = "the page is not built here: python3 -m pip install -e ."
    for item in items if why else ():
        if "/tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def address(system_settings: Settings) -> str:
    """Where the page is."""
    state = control.state(system_settings)
    assert state is not None
    return state.api_url


@pytest.fixture(scope="session")
def told(mo: Client, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A little of everything in the system, called as its enemies would call it."""
    return Teller(mo, tmp_path_factory.mktemp("texts")).everything("classification", "detection")


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    """A browser for one file: its event loop may not be there when asynchronous tests run or the system starts."""
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


Visit = Callable[..., Reader]


@pytest.fixture
def visit(browser: Browser, address: str, system_settings: Settings) -> Iterator[Visit]:
    """Makes a reader, the system's own admin; at the end none may have seen a page complain or ask another host."""
    readers: list[Reader] = []

    def made(*, signed_in: bool = True, by: str = address, **told: str) -> Reader:
        readers.append(Reader(browser, by, **told))
        if signed_in:
            readers[-1].sign_in(Home(system_settings.home).token.read_text())
        return readers[-1]

    yield made
    for each in readers:
        each.close()
