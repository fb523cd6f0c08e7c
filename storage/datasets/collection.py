"""The images of one or several opened packages, and what local operations make of them before anything is written.

Nothing is decoded, and no image is read but by `split`, which needs its digest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec

from schemas.specs.mapping import BOXES, Kind, PackageKey, key_of, own
from schemas.values import Code
from storage.datasets.files import PackageError
from storage.datasets.gathering import LABEL_CHARS_MAX
from storage.datasets.package import Package
from storage.datasets.source import SourceRecord, keys_of

NAMES_MAX = 20
PARTS_MAX = 16


class Member(NamedTuple):
    """An image with the package that it is read from."""

    package: Package
    record: SourceRecord


class Collection(NamedTuple):
    """Images, the tools of their keys, and the classes of their boxes in order. `once`: equal images count once."""

    members: tuple[Member, ...]
    tools: Mapping[str, str]
    labels: tuple[str, ...]
    once: bool = False

    def said(self) -> tuple[PackageKey, ...]:
        """What is said of the images, counted."""
        keys = keys_of((member.record for member in self.members), self.tools)
        counts = Counter(dict.fromkeys(self.labels, 0))
        counts.update(box.label for member in self.members for box in member.record.boxes)
        return (*keys, key_of(BOXES, "box", counts)) if counts else keys

    def kind(self) -> Kind:
        """What kind of dataset it makes.

        Raises:
            PackageError: `package_without_labels`.
        """
        found = own(self.said())
        if isinstance(found, Code):
            raise PackageError(found.code, **found.params)
        return found.kind


def collected(package: Package) -> Collection:
    """All images of a package."""
    tools = {key.name: key.tool for key in package.keys if key.tool != "box"}
    labels = next((tuple(key.values) for key in package.keys if key.tool == "box"), ())
    return Collection(tuple(Member(package, record) for record in package), tools, labels)


def merged(parts: Sequence[Collection]) -> Collection:
    """All images of all of them, an image that comes again only once: what is said of it first counts.

    Raises:
        PackageError: `kinds_differ`, or `tool_differs` (for one key).
    """
    kinds = sorted({part.kind() for part in parts})
    if len(kinds) > 1:
        raise PackageError("kinds_differ", kinds=", ".join(kinds))
    tools: dict[str, str] = {}
    for part in parts:
        for name, tool in part.tools.items():
            if tools.setdefault(name, tool) != tool:
                raise PackageError("tool_differs", key=name, tool=tool, wanted=tools[name])
    members = tuple(member for part in parts for member in part.members)
    labels = dict.fromkeys(label for part in parts for label in part.labels)
    return Collection(members, tools, tuple(labels), once=True)


def filtered(
    whole: Collection,
    *,
    keep: AnyOf[str] = (),
    without: AnyOf[str] = (),
    where: Mapping[str, AnyOf[str]] | None = None,
    key: str = "",
    with_boxes: bool = False,
) -> Collection:
    """The images and boxes that are wanted.

    `keep`: only these classes (all, if there are none), `without`: not these. Boxes of other classes go and their image
    stays, unless it has none left and `with_boxes` is asked for; of a classification, images of other classes in `key`
    go. `where`: only images that have one of these values for each key.

    Raises:
        PackageError: `class_not_there`, `key_not_clear`, `key_not_there`.
    """
    members = tuple(member for member in whole.members if _has(whole, member, where or {}))
    if keep or without:
        names, tool = _classes(whole, key)
        _all_there((*keep, *without), names)
        left = {name for name in names if (not keep or name in keep) and name not in without}
        if tool == "box":
            members = tuple(_with_boxes(member, left) for member in members)
            whole = whole._replace(labels=tuple(label for label in whole.labels if label in left))
        else:
            chosen = _key(whole, key)
            members = tuple(member for member in members if member.record.values.get(chosen) in left)
    if with_boxes:
        members = tuple(member for member in members if member.record.boxes)
    return whole._replace(members=members)


def renamed(whole: Collection, names: Mapping[str, str], *, key: str = "") -> Collection:
    """The classes under other names; those that get the same name become one.

    Raises:
        PackageError: `class_not_there`, `key_not_clear`, `key_not_there`, `class_name_too_long`, `class_name_empty`.
    """
    classes, tool = _classes(whole, key)
    _all_there(names, classes)
    chosen = "" if tool == "box" else _key(whole, key)
    for new in names.values():
        if not 0 < len(new) <= LABEL_CHARS_MAX:
            raise PackageError("class_name_too_long" if new else "class_name_empty")
    members = []
    for member in whole.members:
        record = member.record
        if tool == "box":
            boxes = (msgspec.structs.replace(box, label=names.get(box.label, box.label)) for box in record.boxes)
            record = record._replace(boxes=tuple(boxes))
        elif (value := record.values.get(chosen, "")) in names:
            record = record._replace(values={**record.values, chosen: names[value]})
        members.append(member._replace(record=record))
    labels = tuple(dict.fromkeys(names.get(label, label) for label in whole.labels))
    return whole._replace(members=tuple(members), labels=labels if tool == "box" else whole.labels)


def divided(whole: Collection, shares: Mapping[str, float], *, seed: int = 0) -> dict[str, Collection]:
    """The images in parts of these shares, each class by itself where every image has one.

    Which part an image falls into follows from its bytes and the seed alone; equal images fall into the same one.
    Images that cannot be read fall into one part together, and writing that one names them.

    Raises:
        PackageError: `shares_wrong`.
    """
    fine = 1 < len(shares) <= PARTS_MAX and all(0 < share < 1 for share in shares.values())
    if not fine or abs(sum(shares.values()) - 1) > 1e-6:
        raise PackageError("shares_wrong", shares=_listed(f"{name}={share:g}" for name, share in shares.items()))
    radio = [name for name, tool in whole.tools.items() if tool == "radio"]
    strata: dict[str, dict[bytes, list[int]]] = {}
    for number, member in enumerate(whole.members):
        label = member.record.values.get(radio[0], "") if len(radio) == 1 and not whole.labels else ""
        data = member.package.read(member.record) or b""
        digest = hashlib.sha256(str(seed).encode() + hashlib.sha256(data).digest()).digest()
        strata.setdefault(label, {}).setdefault(digest, []).append(number)
    found: dict[str, list[int]] = {name: [] for name in shares}
    for groups in strata.values():
        for name, digests in _cut(sorted(groups), shares).items():
            found[name] += (number for digest in digests for number in groups[digest])
    return {
        name: whole._replace(members=tuple(whole.members[number] for number in sorted(numbers)))
        for name, numbers in found.items()
    }


def _cut(ordered: Sequence[bytes], shares: Mapping[str, float]) -> dict[str, Sequence[bytes]]:
    """Consecutive parts, each as long as its share says to within one."""
    cuts: dict[str, Sequence[bytes]] = {}
    reached, start = Fraction(0), 0
    for name, share in shares.items():
        reached += Fraction(share).limit_denominator(10**6)
        stop = min(len(ordered), round(reached * len(ordered)))
        cuts[name] = ordered[start:stop]
        start = stop
    return cuts


def _has(whole: Collection, member: Member, where: Mapping[str, AnyOf[str]]) -> bool:
    for key, values in where.items():
        if key not in whole.tools:
            raise PackageError("key_not_there", key=key[:LABEL_CHARS_MAX], known=_listed(whole.tools))
        if member.record.values.get(key) not in values:
            return False
    return True


def _key(whole: Collection, key: str) -> str:
    """The key of a classification that is meant: the only one, or the named one."""
    radio = [name for name, tool in whole.tools.items() if tool == "radio"]
    if key and key not in radio:
        raise PackageError("key_not_there", key=key[:LABEL_CHARS_MAX], known=_listed(radio))
    if not key and len(radio) != 1:
        raise PackageError("key_not_clear", known=_listed(radio))
    return key or radio[0]


def _classes(whole: Collection, key: str) -> tuple[tuple[str, ...], str]:
    """The classes that are meant, and the tool that they were made with: those of the boxes, unless a key is named."""
    if not key and whole.labels:
        return whole.labels, "box"
    chosen = _key(whole, key)
    found = next((each.values for each in whole.said() if each.name == chosen and each.tool == "radio"), {})
    return tuple(found), "radio"


def _all_there(asked: Iterable[str], names: AnyOf[str]) -> None:
    for name in asked:
        if name not in names:
            raise PackageError("class_not_there", name=name[:LABEL_CHARS_MAX], known=_listed(names))


def _with_boxes(member: Member, labels: AnyOf[str]) -> Member:
    boxes = tuple(box for box in member.record.boxes if box.label in labels)
    return member._replace(record=member.record._replace(boxes=boxes))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(list(names)[:NAMES_MAX])
