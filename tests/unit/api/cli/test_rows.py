"""Rows for programs: JSON lines and CSV of pages, of several pages, of one thing."""

import csv
import io
import json
from typing import Any

import msgspec
import pytest

from api import resources
from api.cli.output import Sheet, emit
from api.cli.rows import rows_of, write_csv
from api.cli.session import Everywhere, Session
from schemas.values import Code


class Thing(msgspec.Struct):
    name: str
    score: float | None = None
    reason: Code | None = None
    tags: list[str] = []


PAGE: resources.Page[Thing] = resources.Page(
    items=[Thing("a", 0.5, tags=["x", "y"]), Thing("b", -1.25, Code("why", {"n": "1"}))], next="more"
)


def emitted(output: str, resource: object, *, quiet: bool = False) -> tuple[str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    session = Session(Everywhere("", "en", output, quiet), {}, stdout=stdout, stderr=stderr)
    emit(session, resource, Sheet(["name"], [["a"]]))
    return stdout.getvalue(), stderr.getvalue()


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_page_is_one_line_an_item() -> None:
    out, _ = emitted("jsonl", PAGE)
    assert [json.loads(line)["name"] for line in out.splitlines()] == ["a", "b"]


def test_a_page_is_a_table_with_a_column_for_every_value() -> None:
    out, _ = emitted("csv", PAGE)
    first, second = table(out)
    assert list(first) == ["name", "score", "reason", "tags", "reason.code", "reason.params.n"]
    assert (first["score"], first["tags"], first["reason.code"]) == ("0.5", '["x","y"]', "")
    assert (second["score"], second["reason.code"], second["reason.params.n"]) == ("-1.25", "why", "1")


def test_several_pages_say_what_each_thing_is() -> None:
    rows = rows_of({"pth": PAGE, "trons": resources.Page(items=[Thing("c")])})
    assert [(row["kind"], row["name"]) for row in rows] == [("pth", "a"), ("pth", "b"), ("trons", "c")]


def test_one_thing_is_one_row() -> None:
    assert rows_of(Thing("a"))[0]["name"] == "a"
    assert len(table(emitted("csv", Thing("a"))[0])) == 1


@pytest.mark.parametrize("name", ["=1+1", "+1", "-x", "@sum", "\tx", 'say "hi", ok', "两行\n字"])
def test_text_stays_text(name: str) -> None:
    stream = io.StringIO()
    write_csv(stream, [{"name": name}])
    (row,) = table(stream.getvalue())
    assert row["name"].removeprefix("'") == name
    assert row["name"][0] not in "=+-@\t"


def test_no_rows_are_no_lines() -> None:
    empty: resources.Page[Any] = resources.Page(items=[])
    assert emitted("csv", empty)[0] == emitted("jsonl", empty)[0] == ""


@pytest.mark.parametrize("output", ["table", "jsonl", "csv"])
def test_that_there_is_more_is_said_beside_the_data(output: str) -> None:
    assert "--limit" in emitted(output, PAGE)[1]
    assert emitted(output, PAGE, quiet=True)[1] == ""
    assert emitted("json", PAGE)[1] == ""
