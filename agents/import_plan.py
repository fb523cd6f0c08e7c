"""What the children that scan and import packages are told, and the files that they read and leave."""

from __future__ import annotations

import msgspec

from schemas.specs.mapping import Kind, Pair, Wanted

PACKAGE_FILE = "package.zip"
PLAN_FILE = "plan.json"
MAPPING_FILE = "mapping.json"
PACK_FILE = "pack.zip"
INFO_FILE = "info.json"
REPORT_FILE = "report.json"


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How the package is read (`split`: which of train, val, test), and what becomes of its annotations.

    Without `wanted` (a template's side of the mapping, answered by `pairs`) the dataset has the package's own classes,
    for `kind` if that is said.
    """

    format: str
    split: str = ""
    wanted: Wanted | None = None
    pairs: tuple[Pair, ...] = ()
    kind: Kind | None = None
