"""Parses small XML that may be hostile: no document types (so no entities to blow up or to fetch), bounded size, depth,
elements; attributes and comments are passed over."""

from __future__ import annotations

from typing import NamedTuple
from xml.parsers import expat

DEPTH_MAX = 16
ELEMENTS_MAX = 200_000


class SmallXMLError(ValueError):
    """The text is no XML that is read here; says why."""


class Element(NamedTuple):
    """An element: its name, its text without white space around, and the elements in it."""

    name: str
    said: list[str]
    children: list[Element]

    @property
    def text(self) -> str:
        """What stands in it."""
        return "".join(self.said).strip()

    def all(self, name: str) -> list[Element]:
        """The elements of that name directly in it."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> Element | None:
        """The first of them."""
        return next((child for child in self.children if child.name == name), None)

    def at(self, name: str) -> str:
        """The text of the first of them; empty if there is none."""
        child = self.first(name)
        return "" if child is None else child.text


def parse(data: bytes, *, bytes_max: int) -> Element:
    """The root element.

    Raises:
        SmallXMLError: too long, too deep, no XML, or with a document type.
    """
    if len(data) > bytes_max:
        raise SmallXMLError(f"longer than {bytes_max} bytes")
    root = Element("", [], [])
    open_elements = [root]
    count = 0

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(open_elements) > DEPTH_MAX or count > ELEMENTS_MAX:
            raise SmallXMLError("too many elements")
        element = Element(name, [], [])
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_name: str) -> None:
        open_elements.pop()

    def said(text: str) -> None:
        open_elements[-1].said.append(text)

    def doctype(*_parts: object) -> None:
        raise SmallXMLError("a document type is not allowed")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = said
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise SmallXMLError(str(error)) from error
    return root.children[0]
