"""Child: reads a package's annotations and says what an import would make of it; no image is decoded."""

from __future__ import annotations

import sys

import msgspec

from agents.import_plan import PACKAGE_FILE, PLAN_FILE, REPORT_FILE, ImportPlan
from agents.sandbox.inside import Refused, Report, inputs, outputs, run
from storage.datasets.files import PackageError
from storage.datasets.package import open_package
from storage.datasets.survey import scanned


def scan_package(report: Report) -> None:
    """The child's whole part."""
    plan = msgspec.json.decode((inputs() / PLAN_FILE).read_bytes(), type=ImportPlan)
    try:
        with open_package(inputs() / PACKAGE_FILE, plan.format, plan.split) as package:
            report("scan", 0.5)
            found = scanned(package, plan.wanted, plan.pairs, plan.kind)
    except PackageError as error:
        raise Refused(error.code, **error.params) from error
    (outputs() / REPORT_FILE).write_bytes(msgspec.json.encode(found))


if __name__ == "__main__":
    sys.exit(run(scan_package))
