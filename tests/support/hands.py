"""Two ways of using a page, as people do: with a mouse, and with nothing but a keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

STOPS_MAX = 150
"""How often Tab is pressed before a control counts as one that the keyboard does not reach."""
OPTIONS_MAX = 60
PASTED_CHARS_MIN = 100
"""What is as long as this is pasted."""
_FOCUSED = "(each) => each === document.activeElement"
_ACTIVE = """(input) => {
    const id = input.getAttribute("aria-activedescendant");
    const option = id ? document.getElementById(id) : null;
    return option ? option.getAttribute("aria-label") ?? option.textContent : "";
}"""
_WHERE = """() => {
    const at = document.activeElement ?? document.body;
    return [at.tagName, at.getAttribute("aria-label") ?? at.id, (at.textContent ?? "").slice(0, 40)].join(" ");
}"""


class Hands(Protocol):
    """What a person does to a control that they see."""

    def press(self, what: Locator) -> None:
        """Use a button, a link, a tab, a switch or a box to be ticked."""

    def enter(self, what: Locator, text: str) -> None:
        """Write in a field, in place of what stands there."""

    def pick(self, what: Locator, option: str, search: str = "") -> None:
        """Choose from a list that opens; what is searched for is typed first."""

    def switch(self, group: Locator, option: str) -> None:
        """Choose one of several that are always seen."""

    def attach(self, what: Locator, *files: Path) -> None:
        """Choose files of one's own."""


class Mouse:
    """Clicks; text is typed."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, what: Locator) -> None:
        what.click()

    def enter(self, what: Locator, text: str) -> None:
        what.click()
        what.fill(text)

    def pick(self, what: Locator, option: str, search: str = "") -> None:
        what.click()
        if search:
            what.press_sequentially(search)
        self._page.locator(".ant-select-dropdown:visible").get_by_title(option, exact=True).click()

    def switch(self, group: Locator, option: str) -> None:
        group.get_by_text(option, exact=True).click()

    def attach(self, what: Locator, *files: Path) -> None:
        with self._page.expect_file_chooser() as asked:
            what.click()
        asked.value.set_files(list(files))


class Keyboard:
    """Tab, arrows, Enter, Space and typing."""

    def __init__(self, page: Page) -> None:
        self._page, self._keys = page, page.keyboard
        # somebody listens all the time: what begins with a key press comes too late for it
        page.on("filechooser", lambda _: None)

    def press(self, what: Locator) -> None:
        self.reach(what)
        role = what.evaluate("(each) => each.getAttribute('role') ?? each.type ?? ''")
        self._keys.press("Space" if role in ("checkbox", "radio", "switch") else "Enter")

    def enter(self, what: Locator, text: str) -> None:
        self.reach(what)
        self._keys.press("Control+A")
        if len(text) < PASTED_CHARS_MIN:
            self._keys.type(text)
        else:
            self._keys.insert_text(text)

    def pick(self, what: Locator, option: str, search: str = "") -> None:
        self.reach(what)
        if search:
            self._keys.type(search)
        else:
            self._keys.press("ArrowDown")
        expect(self._page.locator(".ant-select-dropdown:visible").get_by_title(option, exact=True)).to_be_visible()
        for _ in range(OPTIONS_MAX):
            if what.evaluate(_ACTIVE) == option:
                self._keys.press("Enter")
                return
            self._keys.press("ArrowDown")
        raise AssertionError(f"the arrows do not lead to {option!r}")

    def switch(self, group: Locator, option: str) -> None:
        self.reach(group.get_by_role("radio"))
        wanted = group.get_by_role("radio", name=option, exact=True)
        for _ in range(OPTIONS_MAX):
            if wanted.is_checked():
                return
            self._keys.press("ArrowRight")
        raise AssertionError(f"the arrows do not lead to {option!r}")

    def attach(self, what: Locator, *files: Path) -> None:
        self.reach(what)
        with self._page.expect_file_chooser() as asked:
            self._keys.press("Enter")
        asked.value.set_files(list(files))

    def reach(self, what: Locator) -> None:
        """Go on with Tab, in an open menu with the arrow, until one of these has the focus.

        Raises:
            AssertionError: it is never reached.
        """
        expect(what.first).to_be_attached()
        key = "ArrowDown" if what.first.get_attribute("role") == "menuitem" else "Tab"
        for _ in range(STOPS_MAX):
            if self._at(what):
                return
            self._keys.press(key)
        where = self._page.evaluate(_WHERE)
        raise AssertionError(f"{STOPS_MAX} times {key} do not lead to {what}; the focus is at {where}")

    def _at(self, what: Locator) -> bool:
        return any(each.evaluate(_FOCUSED) for each in what.all())
