"""The command line over a client that is not there: output, exit codes, names, languages."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from cli_scene import A, B, C, Fake, compared, job, mo, outcome, raiser, tron

from api import resources
from api.cli.app import run
from api.client.errors import ProblemError, UnknownNameError, UnreachableError, WaitTimeoutError
from schemas.specs.preprocessing import CvtRGB, Resize, Transpose
from schemas.values import Code


def test_json_is_the_apis_own_and_alone_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    page = resources.Page(items=[tron()], next="more")
    client = Fake(models={"list_trons": lambda **_: page})
    assert mo(client, "models", "list", "--kind", "tron", "-o", "json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["next"], said["items"][0]["version"]) == ("more", "1.0.1")
    assert client.closed


def test_tables_show_names_as_they_are_even_those_that_look_like_markup(capsys: pytest.CaptureFixture[str]) -> None:
    page = resources.Page(items=[tron()])
    assert mo(Fake(models={"list_trons": lambda **_: page}), "models", "list", "--kind=tron") == 0
    out = capsys.readouterr().out
    assert "net [v]" in out
    assert "bbbbbbbb" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnreachableError("http://api", "refused"), 4),
        (UnknownNameError("tron", "x"), 3),
        (WaitTimeoutError("job", 1.0), 124),
        (ProblemError(resources.Problem(type="t", title="gone", status=404, code="tron_unknown")), 3),
        (ProblemError(resources.Problem(type="t", title="bad", status=422, code="x")), 2),
        (ProblemError(resources.Problem(type="t", title="taken", status=409, code="name_taken")), 1),
        (ProblemError(resources.Problem(type="t", title="odd", status=799, code="x")), 1),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_errors_are_two_lines_on_stderr_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int, lang: str
) -> None:
    client = Fake(models={"find_tron": raiser(error), "find_pth": raiser(error)})
    assert mo(client, "models", "show", "x", "--lang", lang) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 2


def test_faults_of_ours_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        mo(Fake(models={"find_tron": raiser(ZeroDivisionError())}), "models", "show", "x")


def test_a_conversion_resolves_names_and_passes_its_overrides_on(capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, Any] = {}

    def convert(*args: Any, **kwargs: Any) -> resources.Job:
        asked.update(kwargs, args=args)
        return job("queued")

    client = Fake(
        models={"find_pth": lambda _text: SimpleNamespace(id=A), "get_tron": lambda _id: tron()},
        templates={"find": lambda _text: SimpleNamespace(id=C)},
        datasets={"find": lambda _text: SimpleNamespace(id=B)},
        jobs={"wait": lambda _id, _timeout, look: look(job("running")) or look(job()) or job()},
        convert=convert,
    )
    argv = (
        "convert",
        "w",
        "t",
        "--set",
        "error_threshold=1e-4",
        "--set",
        "sub_templates.net.max_batch=4",
        "--no-copy-parameters",
        "--dataset",
        "photos",
        "-o",
        "json",
    )
    assert mo(client, *argv) == 0
    assert asked["args"] == (A, C)
    assert (asked["merge_operators"], asked["copy_parameters"]) == (True, False)
    assert (asked["dataset_id"], asked["version_job_id"]) == (B, None)
    assert asked["overrides"] == {"error_threshold": 1e-4, "sub_templates": [{"name": "net", "max_batch": 4}]}
    captured = capsys.readouterr()
    assert json.loads(captured.out)["id"] == str(B)
    assert "conversion" in captured.err


def test_a_failed_job_is_exit_code_1_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    failed = job("failed", reason=Code("threshold_exceeded"), message="too far from PyTorch")
    client = Fake(jobs={"find": lambda _text: failed, "wait": lambda *_: failed})
    assert mo(client, "jobs", "watch", "aaaa") == 1
    assert "too far from PyTorch" in capsys.readouterr().err


def test_a_test_takes_its_chain_from_a_file_or_the_line(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Any] = []

    def infer(*_: Any, **kwargs: Any) -> resources.Job:
        asked.append(kwargs["steps"])
        return job()

    client = Fake(
        models={"find_tron": lambda _text: SimpleNamespace(id=A)},
        datasets={"find": lambda _text: SimpleNamespace(id=C)},
        infer=infer,
    )
    chain = '[{"op":"resize","width":32,"height":32},{"op":"cvtRGB"},{"op":"transpose"}]'
    path = tmp_path / "steps.json"
    path.write_text(chain)
    for steps in (chain, str(path)):
        assert mo(client, "infer", "m", "d", "--no-wait", "--steps", steps) == 0
    assert mo(client, "infer", "m", "d", "--no-wait") == 0
    assert asked == [[Resize(width=32, height=32), CvtRGB(), Transpose()]] * 2 + [None]
    for wrong in ('[{"op":"rotate"}]', "no-such-file.json"):
        assert mo(client, "infer", "m", "d", "--steps", wrong) == 2
    assert len(asked) == 3
    capsys.readouterr()


def test_a_template_names_structures_by_id_or_name(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    saved: list[Any] = []

    def add(document: Any, **_: Any) -> Any:
        saved.append(document)
        raise UnknownNameError("x", "enough")

    client = Fake(structures={"find": lambda text: SimpleNamespace(id={"MyNet": A}[text])}, templates={"add": add})
    path = tmp_path / "template.json"
    subs = [{"name": "one", "architecture": "MyNet"}, {"name": "two", "architecture": str(B)}, {"name": "three"}, 7]
    for document in ({"name": "t", "sub_templates": subs}, {"name": "t", "sub_templates": "wrong"}, {"name": "t"}):
        path.write_text(json.dumps(document))
        assert mo(client, "templates", "add", str(path)) == 3
    named = [{"name": "one", "architecture": str(A)}, *subs[1:]]
    assert saved == [{"name": "t", "sub_templates": named}, {"name": "t", "sub_templates": "wrong"}, {"name": "t"}]
    capsys.readouterr()


def test_a_model_and_version_stands_for_its_newest_test(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Any] = []
    found: list[Any] = [SimpleNamespace(id=B)]

    def tests(**query: Any) -> Any:
        asked.append(query)
        return SimpleNamespace(items=found)

    client = Fake(
        tests={"find": lambda _text: SimpleNamespace(id=A), "list": tests},
        models={"find_tron": lambda _text: SimpleNamespace(id=C)},
        compare=lambda ids, base: asked.append((ids, base)) or compared(),  # type: ignore[func-returns-value]
    )
    assert mo(client, "compare", "a", "net@1.0.2") == 0
    assert asked == [{"state": "completed", "model_id": C, "limit": 1}, ([A, B], A)]
    found.clear()
    assert mo(client, "compare", "a", "net@1.0.2") == 3
    assert "net@1.0.2" in capsys.readouterr().err


def test_a_comparison_needs_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert mo(Fake(), "compare", "a") == 2
    assert "two tests" in capsys.readouterr().err


def test_a_test_shows_what_really_ran(capsys: pytest.CaptureFixture[str]) -> None:
    assert mo(Fake(tests={"find": lambda _text: outcome(A, 0.8)}), "tests", "show", "a") == 0
    out = capsys.readouterr().out
    assert "this version has no NVIDIA runtime: ran on the CPU" in out
    assert "80.00%" in out


@pytest.mark.parametrize(("ready", "code"), [(True, 0), (False, 1)])
def test_status_has_an_exit_code(capsys: pytest.CaptureFixture[str], ready: bool, code: int) -> None:
    health = resources.Health(ready=ready, kafka=True, postgres=ready, lag={"mo.jobs": 3})
    client = Fake(ready=lambda: health, agents={"list": lambda: resources.Page(items=[])})
    assert mo(client, "status", "-o", "json") == code
    assert json.loads(capsys.readouterr().out)["health"]["lag"] == {"mo.jobs": 3}


def test_help_speaks_the_readers_language_in_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ((), ("models",), ("models", "upload"), ("convert",), ("infer",), ("compare",), ("jobs", "watch")):
        texts = []
        for lang in ("zh", "en"):
            assert mo(Fake(), *argv, "--help", "--lang", lang) == 0
            texts.append(capsys.readouterr().out)
        assert texts[0] != texts[1]
        for text in texts:
            assert not any(key in text for key in ("help.", "option.", "argument."))


def test_a_version_of_no_dataset_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert mo(Fake(), "convert", "w", "t", "--dataset-version", str(A)) == 2
    assert "--dataset" in capsys.readouterr().err


def test_usage_errors_are_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (("models", "list", "--nonsense"), ("nonsense",), ("-o", "xml", "models", "list"), ("--lang",)):
        assert mo(Fake(), *argv) == 2
    assert capsys.readouterr().out == ""


def test_without_an_address_it_says_how_to_get_one(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"], {"MO_HOME": str(tmp_path), "MO_LANG": "en"}) == 4
    assert "mo up" in capsys.readouterr().err
