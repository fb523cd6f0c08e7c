"""Structures, type configs, templates' tools and the dictionary on the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from api import resources, terms
from api.cli.app import run
from schemas.specs.dictionary import Entry
from schemas.specs.differences import Difference
from schemas.values import ObjectRef

NOW = datetime(2026, 1, 2, tzinfo=UTC)
A, B = (UUID(f"{letter * 8}-0000-4000-8000-000000000000") for letter in "ab")
REF = ObjectRef("sha256:" + "1" * 64, 100, "net.yaml")
THING: dict[str, Any] = {
    "id": A, "name": "net", "owner": B, "note": "", "created_at": NOW, "updated_at": NOW, "etag": '"1"',
}  # fmt: skip


def structure(**more: Any) -> resources.Structure:
    return resources.Structure(**THING, class_name="Net", source=REF, type_config=None, **more)


def config() -> terms.TypeConfig:
    return terms.TypeConfig(**THING, version="2", file=REF, arguments={"depth": 20})


def template(name: str = "net", **more: Any) -> resources.Template:
    return resources.Template(
        **(THING | {"name": name}), repo="face", method="classification", start_version="1", error_threshold=1e-4,
        architectures=[], **more,
    )  # fmt: skip


def choices(default: str = "face", *entries: Entry) -> terms.DictionaryList:
    return terms.DictionaryList(
        name="repo", entries=list(entries or (Entry("face"), Entry("plate"))), default=default, etag='"1"'
    )


def mo(client: dict[str, dict[str, Any]], *argv: str) -> int:
    nouns = {noun: SimpleNamespace(**operations) for noun, operations in client.items()}
    fake = SimpleNamespace(**nouns, close=lambda: None)
    environ = {"MO_API_URL": "http://api", "MO_LANG": "en", "NO_COLOR": "1"}
    return run(argv, environ, client_factory=lambda _url, _lang: fake)  # type: ignore[arg-type, return-value]


def test_structures_say_whether_they_are_certified(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[dict[str, Any]] = []

    def listed(**query: Any) -> Any:
        asked.append(query)
        return resources.Page(items=[structure(), structure(certified=True, certified_by=B, certified_at=NOW)])

    assert mo({"structures": {"list": listed}}, "structures", "list", "--uncertified", "--mine") == 0
    assert (asked[0]["certified"], asked[0]["mine"]) == (False, True)
    out = capsys.readouterr().out
    assert "not yet" in out
    assert "yes 2026-01-0" in out
    shown = {"structures": {"find": lambda _: structure(certified=True, certified_by=B, certified_at=NOW)}}
    assert mo(shown, "structures", "show", "net") == 0
    assert str(B) in capsys.readouterr().out


def test_a_type_config_is_a_file_or_one_that_is_there(tmp_path: Path) -> None:
    given: list[Any] = []

    def add(*_: Any, type_config: Any, **__: Any) -> Any:
        given.append(type_config)
        return structure()

    client = {"structures": {"add": add, "find_config": lambda _: config()}}
    file = tmp_path / "net.yaml"
    file.write_text("depth: 20")
    for text in (str(file), "net@2"):
        assert mo(client, "structures", "add", str(file), "--class", "Net", "--type-config", text) == 0
    assert mo(client, "structures", "add", str(file), "--class", "Net") == 0
    assert given == [file, config(), None]


def test_type_configs_are_listed_shown_and_added(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    client = {
        "structures": {
            "list_configs": lambda **_: resources.Page(items=[config()]),
            "find_config": lambda _: config(),
            "add_config": lambda *_, **__: config(),
        }
    }
    assert mo(client, "structures", "configs") == 0
    assert "net.yaml" in capsys.readouterr().out
    assert mo(client, "structures", "configs", "net@2") == 0
    assert '"depth": 20' in capsys.readouterr().out
    assert mo(client, "structures", "add-config", str(tmp_path), "--name", "net", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2"


def test_a_template_is_copied_and_compared(capsys: pytest.CaptureFixture[str]) -> None:
    differences = [Difference("repo", "face", "plate"), Difference("sub_templates.a.args.top", None, {"value": 3})]
    found = terms.TemplateDiff(left=A, right=B, differences=differences)
    client = {
        "templates": {
            "find": template,
            "copy": lambda before, name, note: template(f"{before.name} as {name} {note}"),
            "diff": lambda *_: found,
        }
    }
    assert mo(client, "templates", "copy", "a", "b", "--note", "n") == 0
    assert "a as b n" in capsys.readouterr().out
    assert mo(client, "templates", "diff", "a", "b") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["repo", "face", "plate"] in lines
    assert ["sub_templates.a.args.top", "-", '{"value":', "3}"] in lines
    client["templates"]["diff"] = lambda *_: terms.TemplateDiff(left=A, right=B, differences=[])
    assert mo(client, "templates", "diff", "a", "b") == 0
    assert "say the same" in capsys.readouterr().out


def test_what_looks_wrong_in_a_template_is_shown_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    client = {"templates": {"find": lambda _: template(document={"name": "net"}, messages=["Looks like a divisor."])}}
    assert mo(client, "templates", "show", "net") == 0
    assert "Looks like a divisor." in capsys.readouterr().out


def test_normalisation_is_computed_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert mo({}, "templates", "normalisation", "--mean", ".485，.456,.406", "--std", ".229,.224,.225") == 0
    out = capsys.readouterr().out
    assert "123.675,116.28,103.53" in out
    assert "0.0171247538,0.0175070028,0.0174291939" in out
    for mean, std in (("1,2", "1,1"), (".5", ".5,.5"), ("a", "1")):
        assert mo({}, "templates", "normalisation", "--mean", mean, "--std", std) == 2


def test_the_dictionary_is_shown_and_edited(capsys: pytest.CaptureFixture[str]) -> None:
    edits: list[tuple[list[Entry], str]] = []

    def edit(_: Any, *, entries: Any, default: str) -> Any:
        edits.append((list(entries), default))
        return choices(default, *entries)

    client = {
        "dictionary": {
            "get": lambda: terms.Dictionary(lists=[choices()]),
            "list": lambda _: choices(),
            "edit": edit,
        }
    }
    assert mo(client, "dictionary", "list") == 0
    assert "face, plate" in capsys.readouterr().out
    assert mo(client, "dictionary", "show", "repo") == 0
    assert ["face", "default"] in [line.split() for line in capsys.readouterr().out.splitlines()]
    face, plate = Entry("face"), Entry("plate")
    assert mo(client, "dictionary", "add", "repo", "boat") == 0
    assert mo(client, "dictionary", "add", "mean_values", "plate", "--values", "1，2,3") == 0
    assert mo(client, "dictionary", "rm", "repo", "plate") == 0
    assert mo(client, "dictionary", "set-default", "repo", "plate") == 0
    assert edits == [
        ([face, plate, Entry("boat")], "face"),
        ([face, Entry("plate", (1.0, 2.0, 3.0))], "face"),
        ([face], "face"),
        ([face, plate], "plate"),
    ]


@pytest.mark.parametrize(
    "argv",
    [
        ("rm", "repo", "face"), ("rm", "repo", "boat"), ("set-default", "repo", "boat"), ("show", "colours"),
        ("add", "mean_values", "x", "--values", "[1]"),
    ],
)  # fmt: skip
def test_edits_that_make_no_sense_are_explained(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...]) -> None:
    assert mo({"dictionary": {"list": lambda _: choices()}}, "dictionary", *argv) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
