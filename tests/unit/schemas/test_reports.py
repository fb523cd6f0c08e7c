"""Conversion reports: those of today, and those of the first format."""

from __future__ import annotations

import msgspec
import pytest
from made_reports import made_report

from schemas.reports import ReportError, decode_conversion_report


def test_a_report_comes_back_as_it_was() -> None:
    assert decode_conversion_report(msgspec.json.encode(made_report())) == made_report()


def test_a_report_of_the_first_format_is_one_sub_model() -> None:
    part = msgspec.to_builtins(made_report().sub_models[0])
    new = ("inputs", "magnitude")
    first = {
        **{key: part[key] for key in ("max_abs_error", "batch_drift", "backend", "export_ms", "verify_ms")},
        "differences": [{key: row[key] for key in row if key not in new} for row in part["differences"]],
        "exported": part["exported"],
        "converted": part["converted"],
        "error_threshold": 1e-4,
        "merge_operators": False,
        "toolchain": {},
        "format": "mo.conversion-report",
        "format_version": 1,
    }
    report = decode_conversion_report(msgspec.json.encode(first))
    assert (report.max_abs_error, report.merge_operators, report.copy_parameters) == (3e-6, False, True)
    assert [row.inputs for row in report.sub_models[0].differences] == ["random"] * 3


@pytest.mark.parametrize("data", [b"", b"{}", b'{"format_version": 99}', b'{"format_version": 2}'])
def test_other_bytes_are_no_report(data: bytes) -> None:
    with pytest.raises(ReportError):
        decode_conversion_report(data)
