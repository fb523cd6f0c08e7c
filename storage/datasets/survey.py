"""Counts what a mapping keeps and drops of a package, before any image is looked at."""

from __future__ import annotations

import msgspec

from schemas.specs.mapping import Mapper
from schemas.values import Code
from storage.datasets.pack import DroppedRecord, DroppedValue, reasons_of, values_of
from storage.datasets.package import Package


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
