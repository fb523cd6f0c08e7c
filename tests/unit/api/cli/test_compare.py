"""`mo compare`: what people read, what machines are told, what is pasted elsewhere."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from cli_scene import A, B, Fake, compared, mo

from api import resources_tests
from schemas.verdict.words import Verdict


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
    assert re.search(r"-5\.0 \[-7\.1, -2\.9\] +worse +990", out)
    assert "light=night" in out
    assert "9.00 (-1.25)" in out
    assert "50.00% (+25.00)" in out
    assert "dog" not in out
    assert "1 of 2 classes equal" in out
    assert "only 10 images" in out
    assert "aaaaaaaa (base)" in out


def test_what_is_noise_and_what_does_not_compare_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    comparison = compared()
    comparison.tests[1].verdicts.update({"top1/class": Verdict("within_noise", 5, 0, 0.001, -0.0012, 0.0034, "score")})
    client = Fake(tests={"find": lambda _text: SimpleNamespace(id=A)}, compare=lambda *_: comparison)
    for lang, words in (("en", "within noise"), ("zh", "在误差范围内")):
        assert mo(client, "compare", "a", "a", "--lang", lang) == 0
        out = capsys.readouterr().out
        assert "+0.10 [-0.12, +0.34]" in out
        assert words in out
    comparison.tests[1].verdicts["top1/class"] = Verdict("not_comparable", 0, 30, reason="figure_missing")
    assert mo(client, "compare", "a", "a") == 0
    assert "not comparable (a test lacks this figure)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rules", "code"), [((), 0), (("top1/class < -0.1",), 0), (("top1/class < -0.01", "inference_ms > 9"), 1)]
)
def test_a_gate_that_does_not_hold_ends_with_one_and_names_its_rule(
    rules: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Fake(tests={"find": lambda _text: SimpleNamespace(id=A)}, compare=lambda *_: compared())
    assert mo(client, "compare", "a", "a", *(part for rule in rules for part in ("--fail-if", rule))) == code
    assert ("top1/class < -0.01" in capsys.readouterr().err) is (code == 1)
    assert mo(client, "compare", "a", "a", "--fail-if", "nonsense") == 2


def test_a_comparison_as_markdown_keeps_names_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    comparison = compared()
    comparison.tests[0].classes["class"][0] = resources_tests.ClassRow(name="a|<b>", precision=1, recall=1, support=1)
    comparison.tests[1].classes["class"][0] = resources_tests.ClassRow(name="a|<b>", precision=0, recall=1, support=1)
    client = Fake(tests={"find": lambda _text: SimpleNamespace(id=A)}, compare=lambda *_: comparison)
    assert mo(client, "compare", "a", "a", "--markdown") == 0
    out = capsys.readouterr().out
    assert "| --- |" in out
    assert "a\\|\\<b\\>" in out
