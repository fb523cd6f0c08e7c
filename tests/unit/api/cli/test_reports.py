"""`mo models report`: the sheets that people read."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID

import pytest
from made_reports import made_report

from api.cli.app import run
from api.reports import VerificationReport

ID = UUID(int=7)


def reported(lang: str, *argv: str) -> int:
    found = VerificationReport(model_id=ID, job_id=ID, revision=1, report=made_report(), messages=["a notice"])
    models = SimpleNamespace(find_tron=lambda _: None, report=lambda *_, **__: found)
    client = SimpleNamespace(models=models, api_url="http://api", close=lambda: None)
    environ = {"MO_API_URL": "http://api", "MO_LANG": lang, "NO_COLOR": "1"}
    return run(("models", "report", "net@1.0.1", *argv), environ, client_factory=lambda *_: client)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            [
                "3e-06 ≤ 0.0001",
                "max-abs",
                "random + real (8 images of dataset photos)",
                "operators merged",
                "BatchNormalization",
                "Scale inside",
            ],
        ),
        (
            "zh",
            [
                "3e-06 ≤ 0.0001",
                "最大绝对误差",
                "随机 + 真实（数据集 photos 的 8 张图片）",
                "合并操作符",
                "BatchNormalization",
                "已并入图中的 scale",
            ],
        ),
    ],
)
def test_measurements_graph_changes_and_notices_are_shown(
    capsys: pytest.CaptureFixture[str], lang: str, words: list[str]
) -> None:
    assert reported(lang) == 0
    said = capsys.readouterr().out
    assert [word for word in (*words, "a notice", "depth = 20", "2e-05", "1,900") if word not in said] == []


def test_programs_get_the_whole_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert reported("en", "-o", "json") == 0
    assert '"cosine": 1.0' in capsys.readouterr().out
