"""Completion: what may come next after any words, names of what is there, and silence when nobody answers."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from api.cli.app import run, tree
from api.cli.completion import SCRIPTS, names, plan

A = UUID("aaaaaaaa-0000-4000-8000-000000000000")


def wanted(line: str) -> Any:
    *before, text = line.split(" ")
    return plan(tree(None), before, text)


def words(line: str) -> list[str]:
    return [word for word, _ in wanted(line).words]


def test_commands_are_completed_at_every_depth() -> None:
    assert {"models", "convert", "jobs"} <= set(words(""))
    assert words("mod") == ["models"]
    assert {"list", "show", "upload"} <= set(words("models "))
    assert words("models li") == ["list"]
    assert "__complete" not in words("")


def test_options_and_their_choices_are_completed() -> None:
    assert words("models list --ki") == ["--kind"]
    assert words("models list --kind ") == ["pth", "tron"]
    assert words("jobs list --state q") == ["queued", "quarantined"]
    assert words("convert --no-w") == ["--no-wait"]
    assert words("-o ") == ["table", "json", "jsonl", "csv"]
    assert words("models list -o js") == ["json", "jsonl"]
    assert words("--lang zh models li") == ["list"]
    assert words("models list --qu") == ["--quiet"]


@pytest.mark.parametrize(
    ("line", "noun"),
    [
        ("convert ", "pth"),
        ("convert small ", "templates"),
        ("convert --name x small ", "templates"),
        ("convert small --no-wait ", "templates"),
        ("infer ", "trons"),
        ("infer small ", "datasets"),
        ("compare a b ", "tests"),
        ("compare --base ", "tests"),
        ("models show cif", "models"),
        ("templates show ", "templates"),
        ("jobs watch ", "jobs"),
        ("--api http://x jobs watch ", "jobs"),
    ],
)
def test_names_are_asked_for_where_a_thing_is_meant(line: str, noun: str) -> None:
    assert wanted(line).noun == noun


def test_the_address_on_the_line_is_the_one_that_is_asked() -> None:
    assert wanted("--api http://x jobs watch ").api == "http://x"


@pytest.mark.parametrize("line", ["models upload ", "structures add ", "datasets import name ", "infer m d --steps "])
def test_files_are_left_to_the_shell(line: str) -> None:
    assert wanted(line).files


@pytest.mark.parametrize("line", ["models list x ", "models upload --name ", "nonsense ", "models nonsense "])
def test_what_can_be_anything_is_not_asked_for(line: str) -> None:
    assert wanted(line).noun == ""
    assert not wanted(line).files


def test_names_of_models_come_with_their_versions_and_ids() -> None:
    asked: list[str] = []

    def trons(**query: Any) -> Any:
        asked.append(query["search"])
        return SimpleNamespace(items=[SimpleNamespace(id=A, name="net", version="1.0.1")])

    pth = SimpleNamespace(items=[SimpleNamespace(id=A, name="w")])
    client: Any = SimpleNamespace(models=SimpleNamespace(list_trons=trons, list_pth=lambda **_: pth))
    found = [name for name, _ in names(client, "models", "net@1")]
    assert found == ["net@1.0.1", str(A), "w", str(A)]
    assert asked == ["net"]


def test_nothing_is_said_when_nobody_answers(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    for environ in ({"MO_HOME": str(tmp_path)}, {"MO_API_URL": "nonsense"}):
        assert run(["__complete", "bash", "--", "models", "show", ""], environ) == 0
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == (":words\n", "")


@pytest.mark.parametrize("shell", SCRIPTS)
def test_every_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell], {}) == 0
    assert f"__complete {shell} --" in capsys.readouterr().out


def test_another_shell_is_a_usage_error() -> None:
    assert run(["completion", "tcsh"], {}) == 2
