"""Sixty texts that want to become code, in every field that is kept and shown: on no page does one of them succeed."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import pytest
from browser_scene import go, settle
from playwright.sync_api import Browser, Frame, Page, expect
from playwright.sync_api import Request as Asked
from xss_corpus import ELSEWHERE, FAMILIES, HARMLESS, MARK, PAYLOADS, TEXTS, careless
from xss_scene import SAID, TASK, Teller, Told
from xss_watch import addresses_are_ours, arm, hover_charts, shows

from api.client.client import Client

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

FORMULA = re.compile(r"[=+\-@\t\r]")


@pytest.fixture
def page(visit, told: Told) -> Page:
    """A page that tells what goes wrong; the reader fails the test for it when they go."""
    reader = arm(visit())
    return reader.page("/")


def test_a_careless_page_runs_most_of_them(browser: Browser) -> None:
    """Else the tests below would show nothing."""
    context = browser.new_context()
    asked: set[Frame] = set()

    def answer(request: Asked) -> None:
        if request.url.startswith(ELSEWHERE):
            asked.add(request.frame)

    context.on("request", answer)
    context.route(f"{ELSEWHERE}**", lambda route: route.fulfill(body="__xss=1", content_type="text/javascript"))
    careless_page = context.new_page()
    frames = "".join(f'<iframe srcdoc="{html.escape(careless(each))}"></iframe>' for each in PAYLOADS)
    careless_page.set_content(frames)
    touched = f"""document.querySelectorAll("[{MARK}]").forEach((each) => {{
      each.dispatchEvent(new PointerEvent("pointerover")); each.dispatchEvent(new FocusEvent("focus")); }})"""
    found = list(zip(PAYLOADS, careless_page.main_frame.child_frames, strict=True))
    for _, frame in found:
        frame.evaluate(touched)
    careless_page.wait_for_timeout(300)

    def ran(frame: Frame) -> bool:
        return frame in asked or bool(frame.evaluate("self.__xss")) or any(map(ran, frame.child_frames))

    succeeded = [payload for payload, frame in found if ran(frame)]
    context.close()
    assert {each.family for each in succeeded} == set(FAMILIES) - HARMLESS
    assert len(succeeded) >= 50


def test_lists_details_and_dialogs_show_them_as_text(page: Page, told: Told) -> None:
    go(page, "/models/pth?search=__xss")
    seen = shows(page, count=20)
    while (further := page.get_by_role("button", name="下一页")).is_enabled():
        further.click()
        settle(page)
        seen |= shows(page)
    assert {*TEXTS} - seen <= {each for each in TEXTS if "__xss" not in each}
    go(page, f"/models/pth?search={quote(TEXTS[0])}")
    shows(page, TEXTS[0])
    for action, box in (("编辑", "名称"), ("删除", None)):
        page.get_by_role("button", name=f"{action} {TEXTS[0]}").first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        if box is not None:
            expect(page.get_by_role("dialog").get_by_label(box)).to_have_value(TEXTS[0])
        page.keyboard.press("Escape")
    go(page, f"/models/pth/{told.pth_id}")
    shows(page, TEXTS[0])


def test_an_account_shows_them_as_text(visit, told: Told) -> None:
    """The name of a person, of their tokens, of the browsers they use."""
    reader = arm(visit(signed_in=False))
    reader.sign_in(told.person.secret)
    page = reader.page("/account")
    assert len(told.person.tokens) >= 50
    shows(page, TEXTS[5], *told.person.tokens, *told.person.browsers)
    page.get_by_role("button", name=f"吊销 {told.person.tokens[0]}", exact=True).click()
    expect(page.get_by_text(told.person.tokens[0]).last).to_be_visible()


def test_models_templates_and_structures_show_them_as_text(page: Page, told: Told) -> None:
    tron = told.trons[0]
    go(page, f"/models/nvidia?search={quote(TEXTS[5])}")
    shows(page, tron.name, tron.version)
    go(page, f"/models/trons/{tron.id}?tab=describe")
    shows(page, *TEXTS)
    go(page, f"/structures/{told.structure_id}")
    # in a Python file some have signs before their quotes
    shows(page, *(each for each in TEXTS if repr(each)[1:-1] == each))
    for view in ("", "?edit=true"):
        go(page, f"/templates/{told.template_id}{view}")
        shows(page, *TEXTS)
    go(page, f"/templates/{told.template_id}?mode=code")
    shows(page, *(each for each in TEXTS if json.dumps(each, ensure_ascii=False)[1:-1] == each))


def test_datasets_and_tests_show_them_as_text(page: Page, told: Told) -> None:
    dataset, test = told.datasets["classification"], told.tests[0]
    go(page, f"/datasets/{told.datasets['detection']}?record=7")
    shows(page, TASK, SAID)
    page.locator("rect.truth").first.hover()
    go(page, f"/datasets/{dataset}")
    shows(page, count=30)
    go(page, f"/datasets/{dataset}?tab=figures")
    shows(page, *TEXTS)
    hover_charts(page)
    go(page, f"/datasets/{dataset}?tab=ledger")
    shows(page, count=30)
    go(page, f"/datasets/new?scan={told.scan_id}")
    shows(page, count=30)
    go(page, f"/tests/{test}")
    shows(page, TASK, count=25)
    hover_charts(page)
    go(page, f"/tests/{test}?tab=slices")
    shows(page, *TEXTS)
    go(page, f"/tests/{test}?tab=images&image=0")
    shows(page, TASK)


def test_a_comparison_shows_and_exports_them_as_text(page: Page, told: Told) -> None:
    one, other = told.tests
    go(page, f"/compare?tasks={one},{other}&all=true")
    shows(page, *TEXTS)
    hover_charts(page)
    texts = {}
    for form in ("CSV", "MD", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"导出 {form}").click()
        texts[form] = Path(download.value.path()).read_text("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(texts["CSV"])) for cell in row]
    assert not [each for each in cells if FORMULA.match(each) and not re.fullmatch(r"-?[\d.e+-]+", each)]
    assert not re.search(r"(?<!\\)[<\[]", texts["MD"])
    assert len(json.loads(texts["JSON"])["tests"]) == 2
    for name in TEXTS[::25]:
        go(page, f"/compare?tasks={one},{other}&class={quote(name)}")
        shows(page, name)
    hover_charts(page)
    settle(page)


def test_what_is_opened_by_itself_is_inert(mo: Client, told: Told) -> None:
    """A picture with boxes, the JSON beside it, files: each a document of its own under the strictest policy."""
    record = f"datasets/{told.datasets['detection']}/records/7"
    image = f"tests/{told.tests[0]}/images/0"
    shown = {
        path: _get(mo, path) for path in (record, f"{record}/image", f"{record}/rendered", image, f"{image}/rendered")
    }
    for answer in shown.values():
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
        assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
    drawn = ElementTree.fromstring(shown[f"{record}/rendered"].body)
    assert {each.tag.rpartition("}")[2] for each in drawn.iter()} <= {"svg", "g", "image", "rect", "text", "title"}
    assert not [name for each in drawn.iter() for name in each.attrib if name.startswith("on")]
    assert {*drawn.itertext()} & {*TEXTS}, "the box is called as it is"
    files = (f"pth/{told.pth_id}", f"trons/{told.trons[0].id}", f"datasets/{told.datasets['classification']}")
    for path in files:
        headers = _get(mo, f"{path}/file").headers
        assert headers["Content-Disposition"].startswith("attachment;")
        assert headers["X-Content-Type-Options"] == "nosniff"


class _Answer(NamedTuple):
    headers: Mapping[str, str]
    body: bytes


def _get(mo: Client, path: str) -> _Answer:
    asked = Request(f"{mo.api_url}/api/v1/{path}", headers={"Authorization": f"Bearer {mo._core.token}"})
    with urlopen(asked) as answer:
        return _Answer(answer.headers, answer.read())


def _addresses(told: Told) -> list[str]:
    dataset, (one, other) = told.datasets["classification"], told.tests
    return [
        "/models/pth?search={}", "/models/pth?cursor={}&search={}", "/models/nvidia?search={}", "/{}", "/models/pth/{}",
        "/structures?search={}&certified={}", "/templates?search={}", "/templates/diff?a={}&b={}", "/jobs/{}?find={}",
        "/datasets?search={}", f"/datasets/{dataset}?search={{}}&class={{}}&attribute={{}}&version={{}}",
        "/tests?search={}&state={}&subject_id={}&chosen={}", "/compare?tasks={}", "/models/trons/{}?tab={}",
        f"/tests/{one}?tab=images&task={{}}&class={{}}&found={{}}&slice={{}}&search={{}}", "/templates/{}?mode={}",
        f"/compare?tasks={one},{other}&class={{}}&figure={{}}&task={{}}&against={{}}", "/datasets/new?scan={}",
        "/conversions/new?pth={}&template={}&name={}", "/tests/new?model={}&clone={}", "/accounts?search={}",
        "/audit?actor={}&outcome={}", "/tests/{}?tab={}", "/quick-checks/{}", "/parities/{}", "/datasets/{}?tab={}",
    ]  # fmt: skip


@pytest.mark.bars
def test_addresses_make_no_code_of_them(page: Page, told: Told) -> None:
    """Each address with some of them, until all were there."""
    for number, address in enumerate(_addresses(told)):
        go(page, address.replace("{}", quote(" ".join(TEXTS[number % 20 :: 20]), safe="")))
        page.wait_for_timeout(30)
        addresses_are_ours(page)
    page.goto(f"/models/pth?search={quote(TEXTS[5])}")
    expect(page.get_by_role("searchbox")).to_have_value(TEXTS[5])
    shows(page, TEXTS[5])


@pytest.mark.bars
def test_a_log_shows_them_as_text(mo: Client, page: Page, told: Told, tmp_path: Path) -> None:
    """What a structure says while it is loaded, and the reason why its conversion failed."""
    job = Teller(mo, tmp_path).fails(told.pth_id, told.template_id)
    go(page, f"/jobs/{job}")
    shows(page, *TEXTS)
    expect(page.get_by_role("alert").first).to_contain_text(TEXTS[0])
    go(page, "/conversions")
    shows(page, TEXTS[5])


@pytest.mark.bars
@pytest.mark.timeout(900)
def test_every_address_makes_no_code_of_any_of_them(page: Page, told: Told) -> None:
    for address in _addresses(told):
        for text in TEXTS:
            go(page, address.replace("{}", quote(text, safe="")))
            page.wait_for_timeout(60)
        addresses_are_ours(page)
        page.goto(address.replace("{}", quote(TEXTS[5], safe="")))
        settle(page)
        addresses_are_ours(page)
