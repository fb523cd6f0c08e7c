"""A reader whose pages tell when a text of the corpus became code, an element or an address; what a page shows."""

from __future__ import annotations

import re
import time
import unicodedata

from browser_scene import Reader
from playwright.sync_api import Page
from xss_corpus import MARK, TEXTS

SHOWN_S_MAX = 20.0
ARM = f"""
Object.defineProperty(window, "__xss", {{ get: () => 0, set: () => console.error("a text ran: " + location) }});
const told = (each) => console.error("a text became an element: " + each.outerHTML.slice(0, 200));
new MutationObserver((changes) => {{
  for (const {{ target, addedNodes }} of changes) {{
    if (target instanceof Element && target.matches("[{MARK}]")) told(target);
    for (const each of addedNodes) {{
      if (each instanceof Element && (each.matches("[{MARK}]") || each.querySelector("[{MARK}]"))) told(each);
    }}
  }}
}}).observe(document, {{ subtree: true, childList: true, attributes: true, attributeFilter: ["{MARK}"] }});
"""
_ALL = """() => {
  const said = [document.documentElement.textContent];
  for (const each of document.querySelectorAll("*")) {
    if (each instanceof HTMLInputElement || each instanceof HTMLTextAreaElement) said.push(each.value);
    for (const { value } of each.attributes) if (value.length > 2) said.push(value);
  }
  return said.join("\\n");
}"""
_ADDRESSES = """() => ["href", "src", "action", "formaction", "data", "xlink:href"].flatMap((name) =>
  [...document.querySelectorAll(`[${name.replace(":", "\\\\:")}]`)].map((each) => each.getAttribute(name)))"""


def arm(reader: Reader) -> Reader:
    """From now on its pages tell; what they tell fails the test when the reader goes."""
    reader.context.add_init_script(ARM)

    def asked(dialog: object) -> None:
        reader.complaints.append(f"a dialog: {dialog}")
        dialog.dismiss()  # type: ignore[attr-defined]

    reader.context.on("dialog", asked)
    return reader


def bare(text: str) -> str:
    """The text without what pages and databases may leave out: signs that nobody sees."""
    return "".join(each for each in text if unicodedata.category(each)[0] not in "CZ" and each != "\ufffd")


def shows(page: Page, *least: str, count: int = 0) -> set[str]:
    """The texts of the corpus on the page, in words or in attributes, once it shows these, and as many.

    Raises:
        AssertionError: it does not in time; an address in it is a script.
    """
    end = time.monotonic() + SHOWN_S_MAX
    while True:
        all_of_it = bare(page.evaluate(_ALL))
        seen = {each for each in TEXTS if bare(each) in all_of_it}
        missing = [each for each in least if bare(each) not in all_of_it]
        if not missing and len(seen) >= count:
            break
        assert time.monotonic() < end, f"{page.url} shows {len(seen)} of {count}, and not {missing[:5]}"
        page.wait_for_timeout(50)
    addresses_are_ours(page)
    assert page.evaluate("Object.keys(Object.prototype)") == [], "a name became everybody's"
    return seen


def addresses_are_ours(page: Page) -> None:
    """No link or source on the page is anything but a place of ours, or pixels that the page made itself."""
    home = page.evaluate("location.origin")
    for each in page.evaluate(_ADDRESSES):
        assert re.match(rf"{re.escape(home)}/|/(?!/)|#|blob:|data:image/|$", each), each


def hover_charts(page: Page) -> None:
    """Be over every chart, where it says what is there."""
    for each in page.locator("canvas").all():
        if not each.is_visible():
            continue
        each.scroll_into_view_if_needed()
        box = each.bounding_box()
        assert box is not None
        for across in (0.2, 0.5, 0.8):
            page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * 0.6)
