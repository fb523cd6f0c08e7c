"""What was chosen by clicks stands in the address: a reload, or the link in another tab, shows the same view."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest
from browser_scene import Reader, settle
from playwright.sync_api import Page
from xss_corpus import TEXTS
from xss_scene import Told

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

SAME_S_MAX = 20.0
_VIEW = """() => {
  const place = document.querySelector("main");
  const main = place?.cloneNode(true);
  main?.querySelectorAll("[role=listbox], [aria-live]").forEach((each) => each.remove());
  const chosen = [...(main?.querySelectorAll("[aria-selected=true], [aria-checked=true]") ?? [])];
  const filled = [...(place?.querySelectorAll("input") ?? [])];
  const values = filled.map((each) => (each.type === "radio" ? String(each.checked) : each.value));
  return [main?.textContent ?? "", ...chosen.map((each) => each.textContent), ...values];
}"""


@pytest.fixture
def reader(told: Told, visit) -> Reader:
    return visit()


def view(page: Page) -> list[str]:
    """What stands there and what is chosen; what only a reader of the screen is told is no part of it."""
    found: list[str] = page.evaluate(_VIEW)
    return found


def stays(page: Page, *in_address: str) -> None:
    """The view survives a reload.

    Raises:
        AssertionError: it does not, or its address does not say it.
    """
    settle(page)
    before, address = view(page), page.url
    assert before[0], "the page is empty"
    assert not [each for each in in_address if each not in address], address
    page.reload()
    end = time.monotonic() + SAME_S_MAX
    while view(page) != before:
        assert time.monotonic() < end, [each for each in zip(before, view(page), strict=False) if each[0] != each[1]]
        page.wait_for_timeout(100)
    assert page.url == address


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a list that opens."""
    page.get_by_role("combobox", name=label).first.click()
    page.locator(".ant-select-item-option").get_by_text(option, exact=True).first.click()


def test_a_list(reader: Reader):
    page = reader.page("/models/pth")
    page.get_by_text("我的", exact=True).click()
    page.get_by_role("searchbox").fill("xss=1")
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("button", name="下一页").click()
    stays(page, "mine=true", "search=", "cursor=")


@pytest.mark.bars
def test_a_structure_list_by_certificate(reader: Reader):
    page = reader.page("/structures?certified=false")
    page.get_by_role("searchbox").fill("Net")
    page.keyboard.press("Enter")
    stays(page, "certified=", "search=Net")


def test_a_model(reader: Reader, told: Told):
    page = reader.page(f"/models/trons/{told.trons[0].id}")
    page.get_by_text("描述", exact=True).click()
    stays(page, "tab=describe")


@pytest.mark.bars
def test_a_template_in_code(reader: Reader, told: Told):
    page = reader.page(f"/templates/{told.template_id}")
    page.get_by_text("code 模式", exact=True).click()
    stays(page, "mode=code")


@pytest.mark.bars
def test_a_dataset(reader: Reader, told: Told):
    page = reader.page(f"/datasets/{told.datasets['classification']}")
    page.get_by_role("tab", name="丢弃明细").click()
    stays(page, "tab=ledger")
    page.get_by_role("tab", name="预览").click()
    page.get_by_placeholder("按图片名称筛选").fill("img")
    page.keyboard.press("Enter")
    stays(page, "search=img")


def test_a_result(reader: Reader, told: Told):
    page = reader.page(f"/tests/{told.tests[0]}")
    page.get_by_role("tab", name="样本").click()
    choose(page, "结果", "错误")
    settle(page)
    page.get_by_role("button", name="下一页").click()
    stays(page, "tab=images", "outcome=wrong", "cursor=")


def test_a_comparison(reader: Reader, told: Told):
    one, other = told.tests
    page = reader.page(f"/compare?tasks={one},{other}")
    page.get_by_role("button", name="设为基线").last.click()
    page.get_by_role("switch", name="仅看差异").click()
    choose(page, "类别", TEXTS[0])
    stays(page, f"base={other}", "all=true", f"class={quote(TEXTS[0], safe='=')}"[:12])
