"""Resources as rows for programs: one dictionary each, and as CSV with one column a value."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import msgspec

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula."""

Row = dict[str, Any]


def rows_of(resource: object) -> list[Row]:
    """The things in a resource: a page's items, several pages' items with the page's name as `kind`, or the one thing.

    Values are those of the API's JSON.
    """
    plain = msgspec.to_builtins(resource)
    if isinstance(plain, list):
        return [_row(item) for item in plain]
    if _is_page(plain):
        return [_row(item) for item in plain["items"]]
    if isinstance(plain, dict) and plain and all(_is_page(page) for page in plain.values()):
        return [{"kind": kind, **_row(item)} for kind, page in plain.items() for item in page["items"]]
    return [_row(plain)]


def goes_on(resource: object) -> bool:
    """Whether there are more things than these."""
    pages = list(resource.values()) if isinstance(resource, dict) else [resource]
    return any(getattr(page, "next", None) for page in pages)


def write_csv(stream: TextIO, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows with a column for each value in any of them: `weights.digest` for what lies deeper, lists as JSON.

    Nothing is written for no rows: without any, nobody knows the columns.
    """
    flat = [_flat(row) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    if not columns:
        return
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)


def _is_page(plain: object) -> bool:
    return isinstance(plain, dict) and plain.keys() == {"items", "next"}


def _row(plain: object) -> Row:
    return plain if isinstance(plain, dict) else {"value": plain}


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, dict) and value:
            cells |= _flat(value, f"{prefix}{name}.")
        else:
            cells[prefix + name] = _cell(value)
    return cells


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            # Names come from anybody; opened in a spreadsheet they must stay text.
            return f"'{value}" if value.startswith(FORMULA) else value
        case _:
            return msgspec.json.encode(value).decode()
