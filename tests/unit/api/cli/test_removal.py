"""Asking before a deletion: what depends is named, nobody there is no yes."""

from __future__ import annotations

import io
from uuid import UUID

import pytest
import typer

from api.cli import exits, removal
from api.cli.session import Everywhere, Session, UsageError
from api.resources import Dependent, Dependents

NONE = Dependents(counts={}, items=[])
SOME = Dependents(counts={"job": 1, "tron": 2}, items=[Dependent(noun="tron", id=UUID(int=1), name="net@1")])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def session(lang: str = "en") -> Session:
    return Session(Everywhere(api="", lang=lang, output="table"), {}, stdout=io.StringIO(), stderr=io.StringIO())


def told(of: Session) -> str:
    stream = of.stderr
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", "2 models (net@1, …), 1 job that goes on"), ("zh", "2 个模型（net@1, …）、1 个进行中的任务")],
)
def test_what_depends_is_named_even_where_nobody_is_asked(lang: str, words: str) -> None:
    there = session(lang)
    removal.confirm(there, "net", SOME, yes=True)
    assert words in told(there)


def test_where_nothing_depends_nothing_is_said() -> None:
    there = session()
    removal.confirm(there, "net", NONE, yes=True)
    assert told(there) == ""


def test_nobody_there_is_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError) as refused:
        removal.confirm(session(), "net", NONE, yes=False)
    assert refused.value.key == "usage.needs_yes"


@pytest.mark.parametrize(("typed", "goes"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch, typed: str, goes: bool) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    there = session()
    if goes:
        removal.confirm(there, "net", SOME, yes=False)
        return
    with pytest.raises(typer.Exit) as left:
        removal.confirm(there, "net", SOME, yes=False)
    assert left.value.exit_code == exits.FAILED
    assert "net was not deleted" in told(there)
