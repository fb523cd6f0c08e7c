"""What happens elsewhere is seen at once, in many tabs over one link; a link that breaks is shown, and heals."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen
from uuid import uuid4

import pytest
import torch
from broken_link import BrokenLink
from browser_scene import Reader
from playwright.sync_api import Page, expect

from api.client.client import Client
from api.client.errors import UnreachableError
from deploy.local import control
from deploy.settings import Settings

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

TABS = 8
SEEN_MS_MAX = 10_000
HEALED_MS_MAX = 40_000
BACK_S_MAX = 60.0
AWAY = re.compile("^error: Failed to load resource: (net::ERR_|the server responded with a status of 50)")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.save({"state_dict": {"a": torch.zeros(2)}}, tmp_path / "some.pth")
    return tmp_path / "some.pth"


def open_streams(mo: Client) -> int:
    with urlopen(f"{mo.api_url}/metrics") as answer:
        found = re.search(r"^mo_stream_subscribers ([\d.]+)", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return int(float(found[1]))


def listed(reader: Reader, tag: str) -> Page:
    """A live list of the models that are called so."""
    page = reader.page(f"/models/pth?search={tag}")
    expect(status(page)).to_contain_text("实时更新")
    return page


def status(page: Page):
    return page.get_by_role("status").first


def is_shown(page: Page, name: str, within_ms: int = SEEN_MS_MAX) -> None:
    expect(page.get_by_role("link", name=name, exact=True)).to_be_visible(timeout=within_ms)


def test_eight_tabs_see_what_happens_over_one_link(visit, mo: Client, weights: Path):
    tag, reader = f"tabs-{uuid4().hex[:8]}", visit()
    tabs = [listed(reader, tag)]
    streams = open_streams(mo)
    tabs += [listed(reader, tag) for _ in range(TABS - 1)]
    # links of readers who went before end meanwhile; eight of one's own would show
    assert 1 <= open_streams(mo) <= streams
    mo.models.upload(weights, name=tag)
    began = time.monotonic()
    for tab in tabs:
        is_shown(tab, tag)
    assert time.monotonic() - began < SEEN_MS_MAX / 1000
    for tab in tabs[:4]:
        tab.close()
    mo.models.upload(weights, name=f"{tag}-2")
    for tab in tabs[4:]:
        is_shown(tab, f"{tag}-2")


def says_it_is_broken(page: Page) -> None:
    expect(status(page)).to_contain_text("连接中断", timeout=HEALED_MS_MAX)


def has_healed(page: Page, name: str) -> None:
    """It is live again and shows what it missed."""
    expect(status(page)).to_contain_text("实时更新", timeout=HEALED_MS_MAX)
    is_shown(page, name, HEALED_MS_MAX)


def forget_the_break(reader: Reader) -> None:
    """A browser writes down every request that nobody answered."""
    reader.complaints[:] = [each for each in reader.complaints if not AWAY.match(each)]


def test_a_broken_link_is_shown_and_heals(visit, mo: Client, address: str, weights: Path):
    tag, port = f"link-{uuid4().hex[:8]}", urlsplit(address).port
    assert port is not None
    link = BrokenLink(port, ())
    with link as by:
        reader = visit(by=by)
        page = listed(reader, tag)
        page.evaluate("self.kept = true")
        link.break_off()
        says_it_is_broken(page)
        mo.models.upload(weights, name=tag)
        expect(page.get_by_role("link", name=tag, exact=True)).to_have_count(0)
        link.mend()
        has_healed(page, tag)
        assert page.evaluate("self.kept"), "the page was not loaded anew"
        page.close()
    forget_the_break(reader)


def test_a_restart_of_the_server_is_shown_and_heals(visit, mo: Client, system_settings: Settings, weights: Path):
    tag, reader = f"restart-{uuid4().hex[:8]}", visit()
    pages = [listed(reader, tag), listed(reader, tag)]
    pages[0].evaluate("self.kept = true")
    state = control.state(system_settings)
    assert state is not None
    api = state.child("api").process
    assert api is not None
    os.kill(api.pid, signal.SIGKILL)
    says_it_is_broken(pages[0])
    until_it_answers(mo)
    mo.models.upload(weights, name=tag)
    for page in pages:
        has_healed(page, tag)
    assert pages[0].evaluate("self.kept"), "the page was not loaded anew"
    forget_the_break(reader)


def until_it_answers(mo: Client) -> None:
    end = time.monotonic() + BACK_S_MAX
    while True:
        try:
            if mo.ready().ready:
                return
        except UnreachableError:
            assert time.monotonic() < end
        time.sleep(0.2)
