"""Finds the image that an annotation means: where it says, else the only one that what is written does not contradict.

A name without a folder fits any image of that name, one with folders only those in them. What is found so is a guess:
`Gatherer` settles all that is written exactly first, and a guess never takes what another annotation names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from storage.datasets.files import Files, Parts, name_parts
from storage.datasets.source import is_image


class Found(NamedTuple):
    """The images that may be meant: one, none (`code` says why) or several that nothing tells apart.

    `asked`: what the annotation asks for, by which two that ask for the same are known. `exact`: they lie where it
    says. `alike`: all of that name, of which nothing can be known while it is open which is meant.
    """

    asked: Parts
    images: tuple[Parts, ...] = ()
    exact: bool = False
    alike: tuple[Parts, ...] = ()
    code: str = "image_missing"


class Layout(NamedTuple):
    """How a format lays its files: annotations below a folder named `tables`, images below one of `images` beside it.

    Capitals in `tables` mean nothing.
    """

    tables: str
    images: tuple[str, ...]


class Finder:
    """The images of a package by their names."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._by_name: dict[str, list[Parts]] = {}
        self._by_stem: dict[str, list[Parts]] = {}
        self._folders: set[Parts] = set()
        for parts in files:
            if is_image(parts):
                self._by_name.setdefault(parts[-1], []).append(parts)
                self._by_stem.setdefault(stem(parts), []).append(parts)
                self._folders.update(parts[:length] for length in range(len(parts)))

    def named(self, name: str, near: Parts = ()) -> Found:
        """The image of that name, from the root or from `near`, the folder of the table that names it."""
        wanted = name_parts(name.removeprefix("./"))
        if wanted is None:
            return Found((name,), code="name_not_allowed")
        for folder in (near, ()):
            if (exact := (*folder, *wanted)) in self._files and is_image(exact):
                return Found(wanted, (exact,), exact=True)
        alike = self._by_name.get(wanted[-1], [])
        closer = [parts for parts in alike if _ends(parts, wanted)]
        fit = closer or [parts for parts in alike if _fits(parts, wanted, near)]
        return Found(wanted, _closest(fit, near), alike=tuple(alike))

    def of_table(self, table: Parts, layout: Layout, written: str = "") -> Found:
        """The image with the table's name but for its ending: where the layout has it, else beside the table.

        `written`: the image's name by the table itself, which tells those apart that differ in nothing but the ending.
        """
        alike = self._by_stem.get(stem(table), [])
        if narrow := [parts for parts in alike if parts[-1] == written]:
            alike = narrow
        folder = table[:-1]
        mark = next((n for n in reversed(range(len(folder))) if folder[n].lower() == layout.tables.lower()), None)
        roots = [] if mark is None else [(*folder[:mark], name) for name in layout.images]
        below = () if mark is None else folder[mark + 1 :]
        for place in (*((*root, *below) for root in roots), folder):
            if exact := tuple(parts for parts in alike if parts[:-1] == place):
                return Found(table, exact, exact=True, alike=tuple(alike))
        if mark is None:
            fit = [] if folder in self._folders else [parts for parts in alike if _mirrors(parts, table)]
        else:
            fit = self._elsewhere(alike, folder[:mark], below, roots, layout)
        return Found(table, _closest(fit, (*roots[0], *below) if roots else folder), alike=tuple(alike))

    def _elsewhere(
        self, alike: Sequence[Parts], base: Parts, below: Parts, roots: Sequence[Parts], layout: Layout
    ) -> list[Parts]:
        """The images that are not where the layout has them and fit all the same: those in its folders, if they are."""
        there = [root for root in roots if root in self._folders]
        fit = []
        for parts in alike:
            if there and not any(parts[: len(root)] == root for root in there):
                continue
            own = next((parts[:n] for n in range(len(parts) - 1) if parts[n] in layout.images), base)
            wanted = (*below, parts[-1])
            same_base = _common(own, base) == min(len(own), len(base))
            if same_base and any(_fits(parts, wanted, (*root, *below)) for root in roots):
                fit.append(parts)
        return fit


def stem(parts: Parts) -> str:
    """The file's name without its ending."""
    return parts[-1].rpartition(".")[0]


def _ends(parts: Parts, last: Parts) -> bool:
    return parts[-len(last) :] == last


def _fits(parts: Parts, wanted: Parts, near: Parts) -> bool:
    """Whether the folders of the image, but for those that `near` lies in too, and the wanted ones do not differ."""
    return _ends(parts, wanted) or _ends(wanted, parts[min(_common(parts, near), len(parts) - 1) :])


def _mirrors(parts: Parts, table: Parts) -> bool:
    """Whether the image lies as its table does but for one folder: `img/a/1.jpg`, `ann/a/1.xml`."""
    common = _common(parts[:-1], table[:-1])
    return _fits(parts, (*table[common + 1 : -1], parts[-1]), table[:-1])


def _closest(found: Sequence[Parts], near: Parts) -> tuple[Parts, ...]:
    """The one whose folders have most in common with `near`, from the end first; all, if it is not one."""
    ranked = sorted(
        ((_common(parts[-2::-1], near[::-1]), _common(parts, near), parts) for parts in found), reverse=True
    )
    if len(ranked) > 1 and ranked[0][:2] == ranked[1][:2]:
        return tuple(found)
    return tuple(parts for *_, parts in ranked[:1])


def _common(some: Parts, others: Parts) -> int:
    """How many parts are the same from the start."""
    return next(
        (place for place, (one, other) in enumerate(zip(some, others, strict=False)) if one != other),
        min(len(some), len(others)),
    )
