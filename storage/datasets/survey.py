"""Counts what a mapping keeps and drops of a package, before any image is looked at."""

from __future__ import annotations

import msgspec

from schemas.specs.mapping import (
    ATTRIBUTE,
    NAMED_CHARS_MAX,
    Kind,
    Mapper,
    Mismatch,
    PackageKey,
    Pair,
    Wanted,
    mapping_problems,
    mismatches,
    own,
    own_pairs,
    propose,
)
from schemas.values import Code
from storage.datasets.pack import DroppedRecord, DroppedValue, reasons_of, values_of
from storage.datasets.package import Package

VALUES_NAMED_MAX = 1000
VALUES_NAMED_ALL_MAX = 50_000
ATTRIBUTE_VALUES_NAMED_MAX = 50


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """How many images fit; how many of the package's records do not, by code, and by value where one is to blame."""

    images: int
    dropped: int
    reasons: dict[str, int] = {}
    values: tuple[DroppedValue, ...] = ()


def survey(package: Package, mapper: Mapper) -> Survey:
    """What the import would find; images that turn out to be broken come on top."""
    dropped = list(package.dropped)
    images = 0
    for record in package:
        mapped = mapper.apply(record.values, (box.label for box in record.boxes))
        if isinstance(mapped, Code):
            dropped.append(DroppedRecord(name=record.name, code=mapped.code, params=mapped.params))
        else:
            images += 1
    return Survey(images=images, dropped=len(dropped), reasons=reasons_of(dropped), values=values_of(dropped))


class ScanReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a package has and what an import would make of it; the object that a scan leaves.

    `keys` are the right side, with their most frequent values; `wanted` the left side, the template's or, without one,
    the package's own; `pairs` the mapping that was given, else the proposed one. `problems`: why it cannot be used;
    then there is no `survey`. `unread` counts what of the package is no image with a clear annotation, by code.
    """

    format: str
    records: int
    unread: dict[str, int]
    keys: tuple[PackageKey, ...]
    wanted: Wanted | None = None
    pairs: tuple[Pair, ...] = ()
    problems: tuple[Code, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    survey: Survey | None = None

    @property
    def type(self) -> Kind | None:
        """What kind of dataset it would be."""
        return self.wanted.kind if self.wanted is not None else None


def scanned(package: Package, wanted: Wanted | None, pairs: tuple[Pair, ...], kind: Kind | None) -> ScanReport:
    """The report of the package, for a template's left side or, without one, for its own."""
    left = own(package.keys, kind) if wanted is None else wanted
    unread = reasons_of(package.dropped)
    shown = _shown(package.keys)
    if isinstance(left, Code):
        return ScanReport(format=package.format, records=len(package), unread=unread, keys=shown, problems=(left,))
    if not pairs:
        pairs = own_pairs(left, package.keys) if wanted is None else propose(left, package.keys)
    problems = mapping_problems(left, pairs, package.keys)
    return ScanReport(
        format=package.format,
        records=len(package),
        unread=unread,
        keys=shown,
        wanted=left,
        pairs=pairs,
        problems=problems,
        mismatches=mismatches(left, pairs, package.keys),
        survey=None if problems else survey(package, Mapper(left, pairs)),
    )


def _shown(keys: tuple[PackageKey, ...]) -> tuple[PackageKey, ...]:
    """The keys with as many of their values as people look at."""
    each_max = max(1, min(VALUES_NAMED_MAX, VALUES_NAMED_ALL_MAX // max(1, len(keys))))
    return tuple(
        _cut(key, min(each_max, ATTRIBUTE_VALUES_NAMED_MAX) if key.tool == ATTRIBUTE else each_max) for key in keys
    )


def _cut(key: PackageKey, values_max: int) -> PackageKey:
    most = sorted(key.values.items(), key=lambda each: -each[1])[:values_max]
    rest = sum(key.values.values()) - sum(count for _, count in most)
    values = {value[:NAMED_CHARS_MAX]: count for value, count in most}
    return msgspec.structs.replace(key, values=values, more=key.more + rest)
