"""The command line over a client that is not there: output, exit codes, names, languages."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from api import resources, resources_tests
from api.cli.app import run
from api.client.errors import ProblemError, UnknownNameError, UnreachableError, WaitTimeoutError
from schemas.events.tests import BackendUsed, StageTiming, TaskSummary
from schemas.specs.preprocessing import CvtRGB, Resize, Transpose
from schemas.values import Code, ObjectRef
from schemas.verdict.words import Interval, Verdict

NOW = datetime(2026, 1, 2, tzinfo=UTC)
A, B, C = (UUID(f"{letter * 8}-0000-4000-8000-000000000000") for letter in "abc")
REF = ObjectRef("sha256:" + "1" * 64, 2_500_000, "file")
ENVIRON = {"MO_API_URL": "http://api", "MO_LANG": "en", "NO_COLOR": "1"}


def job(state: str = "completed", **more: Any) -> resources.Job:
    return resources.Job(
        id=A,
        kind="conversion",
        state=state,
        owner=C,
        resource="cpu-heavy",
        platform=None,
        epoch=1,
        agent="one",
        cancelling=False,
        subject_id=B,
        requested_at=NOW,
        updated_at=NOW,
        **more,
    )


def tron() -> resources.Tron:
    revision = resources.Revision(
        job_id=A, revision=1, tron=REF, report=REF, max_abs_error=1.5e-6, error_threshold=1e-4, created_at=NOW
    )
    return resources.Tron(
        id=B,
        platform="nvidia",
        repo="r",
        name="net [v]",
        method="classification",
        version="1.0.1",
        owner=C,
        pth_id=A,
        template_id=C,
        file_name="r_net.tron",
        origin="converted",
        quantizable=True,
        state="ready",
        revisions=[revision],
        note="",
        created_at=NOW,
        updated_at=NOW,
        etag='"1"',
    )


def timing(mean: float) -> StageTiming:
    return StageTiming(total_ms=mean * 10, mean_ms=mean, p50_ms=mean, p95_ms=mean, p99_ms=mean)


def outcome(id_: UUID, accuracy: float) -> Any:
    return resources_tests.Test(
        id=id_,
        job=job(),
        model_id=B,
        model="net",
        version="1",
        dataset_id=C,
        dataset="photos",
        pack=REF.digest,
        batch_size=1,
        loops=1,
        precision="fp32",
        steps=[],
        images=10,
        skipped=0,
        accuracy=accuracy,
        tasks=[TaskSummary("class", 10, accuracy, None, accuracy, accuracy)],
        preprocess=timing(1.0),
        inference=timing(9.0),
        postprocess=timing(0.1),
        total_ms=101.0,
        used=BackendUsed("onnxruntime", "1", "fp32", "CPU", False, (Code("no_nvidia_runtime"),)),
    )


class Fake:
    """A client whose nouns are what a test puts there."""

    def __init__(self, **nouns: Any) -> None:
        self.api_url = "http://api"
        self.closed = False
        for name, noun in nouns.items():
            setattr(self, name, SimpleNamespace(**noun) if isinstance(noun, dict) else noun)

    def close(self) -> None:
        self.closed = True


def mo(client: Fake, *argv: str, **environ: str) -> int:
    return run(argv, ENVIRON | environ, client_factory=lambda _url, _lang: client)  # type: ignore[arg-type, return-value]


def raiser(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


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


def compared() -> resources_tests.Comparison:
    row = resources_tests.ClassRow(name="cat", precision=0.5, recall=1.0, support=5)
    before = resources_tests.ClassRow(name="cat", precision=0.25, recall=None, support=5)
    same = resources_tests.ClassRow(name="dog", precision=0.5, recall=0.5, support=5)
    base = resources_tests.ComparedTest(
        test=outcome(A, 0.8),
        classes={"class": [before, same]},
        delta={},
        class_delta={},
        notes=[],
        intervals={"top1/class": Interval(0.7781, 0.8234, 1000, "wilson", 0.801)},
    )
    other = resources_tests.ComparedTest(
        test=outcome(B, 0.75),
        classes={"class": [row, same]},
        delta={"accuracy": -0.05, "top1/class": -0.05, "inference_ms": -1.25},
        class_delta={"class": {"cat": {"precision": 0.25, "recall": None}, "dog": {"precision": 0.0, "recall": 0.0}}},
        notes=[Code("few_images", {"images": "10"})],
        messages=["only 10 images"],
        verdicts={
            "top1/class": Verdict("worse", 990, 10, -0.05, -0.0714, -0.0288, "linear"),
            "top5/class": Verdict("not_comparable"),
        },
    )
    return resources_tests.Comparison(base=A, tests=[base, other])


def test_a_comparison_shows_signed_differences_and_only_the_classes_that_differ(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[Any] = []

    def compare(tests: Any, base: UUID) -> resources_tests.Comparison:
        asked.append((tests, base))
        return compared()

    ids = {"a": A, "b": B}
    client = Fake(tests={"find": lambda text: SimpleNamespace(id=ids[text])}, compare=compare)
    assert mo(client, "compare", "b", "a", "--base", "a") == 0
    out = capsys.readouterr().out
    assert asked == [([B, A], A)]
    assert "80.0% [77.8–82.3]" in out
    assert "75.00%" in out
    assert "-5.0 [-7.1, -2.9]   worse     990" in out
    assert "9.00 (-1.25)" in out
    assert "50.00% (+25.00)" in out
    assert "dog" not in out
    assert "1 of 2 classes equal" in out
    assert "only 10 images" in out
    assert "aaaaaaaa (base)" in out


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


def test_what_is_noise_and_what_does_not_compare_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    comparison = compared()
    comparison.tests[1].verdicts.update({"top1/class": Verdict("within_noise", 5, 0, 0.001, -0.0012, 0.0034, "score")})
    client = Fake(tests={"find": lambda _text: SimpleNamespace(id=A)}, compare=lambda *_: comparison)
    for lang, words in (("en", "within noise"), ("zh", "在误差范围内")):
        assert mo(client, "compare", "a", "a", "--lang", lang) == 0
        out = capsys.readouterr().out
        assert "+0.10 [-0.12, +0.34]" in out
        assert words in out
    comparison.tests[1].verdicts["top1/class"] = Verdict("not_comparable", 0, 30)
    assert mo(client, "compare", "a", "a") == 0
    assert "not comparable" in capsys.readouterr().out


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
