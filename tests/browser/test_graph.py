"""The graph of a model in its page: drawn in a frame without an origin, out of bytes that the page hands to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from browser_scene import Lang, Reader, Theme, settle, shoot, violations
from playwright.sync_api import FrameLocator, Page, expect
from small_tron import entry_of, graph, manifest, sub_model, write_small

from api import graph_viewer
from api.client.client import Client
from schemas.tron import OtherGraph
from schemas.values import TronIdentity

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(300),
    pytest.mark.skipif(graph_viewer.place() is None, reason="no viewer here: python3 -m pip install -e '.[graph]'"),
]

DRAWN_MS = 30_000
BACKGROUND = {"light": "rgb(255, 255, 255)", "dark": "rgb(64, 64, 64)"}
Visit = Callable[..., Reader]


@pytest.fixture(scope="module")
def models(mo: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of uploaded models: one in two precisions, one whose graph is cut short, one that has none."""
    folder = tmp_path_factory.mktemp("graphs")
    sub, entries = sub_model()
    half = sub.graph.replace(".onnx", ".fp16.onnx")
    other = OtherGraph(**msgspec.structs.asdict(entry_of(half, graph("elsewhere.bin"))), precision="fp16")
    whole = manifest(msgspec.structs.replace(sub, other_graphs=(other,)))
    files = {
        "whole": write_small(folder / "whole.tron", whole, entries | {half: graph("elsewhere.bin")}),
        "cut": folder / "cut.onnx",
        "engine": folder / "net.engine",
    }
    files["cut"].write_bytes(graph()[:-40])
    files["engine"].write_bytes(b"ftrt" + bytes(300))
    made = {}
    for name, path in files.items():
        identity = TronIdentity("nvidia", "scene", f"drawn {name}", "classification", "1")
        made[name] = f"/models/trons/{mo.models.upload_tron(path, identity).id}?tab=graph"
    return made


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("iframe.graph")


def drawn(page: Page) -> None:
    expect(inside(page).locator("g.node")).to_have_count(5, timeout=DRAWN_MS)
    settle(page)


@pytest.mark.parametrize(
    ("lang", "theme"),
    [
        ("zh", "light"),
        pytest.param("en", "dark", marks=pytest.mark.bars),
        pytest.param("zh", "dark", marks=pytest.mark.bars),
        pytest.param("en", "light", marks=pytest.mark.bars),
    ],
)
def test_a_graph_is_drawn_in_the_readers_theme_and_comes_back_by_its_address(
    visit: Visit, models: dict[str, str], lang: Lang, theme: Theme
):
    page = visit(lang=lang, theme=theme).page(models["whole"].partition("?")[0])
    page.get_by_text("查看结构" if lang == "zh" else "Model graph").click()
    drawn(page)
    expect(inside(page).locator("#message-text")).to_be_hidden()
    shoot(page, f"graph-{lang}-{theme}")
    assert violations(page) == []
    expect(inside(page).locator("body")).to_have_css("background-color", BACKGROUND[theme])
    page.get_by_role("combobox", name="计算图" if lang == "zh" else "Graph").click()
    page.get_by_title("fp16").click()
    expect(page).to_have_url(re.compile(r"tab=graph&graph=1$"))
    page.reload()
    drawn(page)
    expect(page.locator("iframe.graph")).to_have_attribute("title", re.compile(r"model\.fp16\.onnx"))


def test_the_frame_has_no_origin_and_may_not_leave(visit: Visit, models: dict[str, str]):
    page = visit().page(models["whole"])
    drawn(page)
    assert page.locator("iframe.graph").get_attribute("sandbox") == "allow-scripts allow-downloads"
    answer = page.request.get(page.locator("iframe.graph").get_attribute("src") or "")
    assert "sandbox allow-scripts" in answer.headers["content-security-policy"]
    # its makers' address is shown, not gone to
    inside(page).locator("#menu-button").click()
    inside(page).get_by_role("button", name="Report Issue").click()
    expect(inside(page).locator("#message-text")).to_contain_text("/issues/new")
    inside(page).get_by_role("button", name="OK").click()
    drawn(page)


@pytest.mark.bars
def test_what_cannot_be_drawn_says_why(visit: Visit, models: dict[str, str]):
    reader = visit(lang="en")
    page = reader.page(models["cut"])
    expect(inside(page).locator("#message-text")).to_contain_text("Unexpected end of file", timeout=DRAWN_MS)
    settle(page)
    page = reader.page(models["engine"])
    expect(page.get_by_role("alert")).to_contain_text("holds no graph that can be drawn")


@pytest.mark.bars
def test_a_graph_can_be_saved_as_a_picture(visit: Visit, models: dict[str, str]):
    page = visit().page(models["whole"])
    drawn(page)
    inside(page).locator("#menu-button").click()
    with page.expect_download() as saved:
        inside(page).get_by_role("button", name="Export as SVG").click()
    assert Path(saved.value.path()).read_text("utf-8").startswith("<svg")
