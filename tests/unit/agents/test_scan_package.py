"""What the scanning child says of a package: keys, proposal, what would be dropped, why it cannot be counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from packages import coco, jsonl, zipped

from agents.import_plan import PACKAGE_FILE, PLAN_FILE, REPORT_FILE, ImportPlan
from agents.sandbox.inside import INPUTS_VARIABLE, OUTPUTS_VARIABLE, Refused
from agents.scan_package import scan_package
from schemas.specs.mapping import Mismatch, Pair, Wanted
from schemas.specs.parts import TaskSpec
from storage.datasets.survey import ScanReport

Scan = Callable[..., ScanReport]
WEATHER = Wanted("classification", (TaskSpec("weather", ("sun", "rain", "snow")),))


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scan:
    """Scans a package of these files."""
    given, made = tmp_path / "inputs", tmp_path / "outputs"
    for folder in (given, made):
        folder.mkdir()
    monkeypatch.setenv(INPUTS_VARIABLE, str(given))
    monkeypatch.setenv(OUTPUTS_VARIABLE, str(made))

    def ran(content: dict[str, bytes], **plan: Any) -> ScanReport:
        zipped(given, content).rename(given / PACKAGE_FILE)
        (given / PLAN_FILE).write_bytes(msgspec.json.encode(ImportPlan(**{"format": "auto", **plan})))
        scan_package(lambda _stage, _fraction: None)
        return msgspec.json.decode((made / REPORT_FILE).read_bytes(), type=ScanReport)

    return ran


def labelx(*values: tuple[str, str]) -> dict[str, bytes]:
    """Images with an answer each for the keys `weather` and `time`; the images themselves are never looked at."""
    lines = [
        {
            "image": f"{number}.jpg",
            "classifications": {
                "Weather": {"tool": "radio", "value": weather},
                "time": {"tool": "radio", "value": time},
            },
        }
        for number, (weather, time) in enumerate(values)
    ]
    return {"annotations.jsonl": jsonl(*lines)} | {f"{number}.jpg": b"-" for number in range(len(values))}


def test_a_template_s_tasks_are_proposed_their_keys_and_what_does_not_fit_is_counted(scan: Scan) -> None:
    found = scan(labelx(("sun", "day"), ("hail", "day"), ("rain", "night"), ("hail", "night")), wanted=WEATHER)
    assert (found.format, found.type, found.records) == ("labelx", "classification", 4)
    assert {key.name: key.values for key in found.keys} == {
        "Weather": {"hail": 2, "sun": 1, "rain": 1},
        "time": {"day": 2, "night": 2},
    }
    assert found.pairs == (Pair("weather", "Weather"),)
    assert found.problems == ()
    assert found.survey is not None
    assert (found.survey.images, found.survey.reasons) == (2, {"value_outside_classes": 2})
    assert [(each.params["value"], each.count) for each in found.survey.values] == [("hail", 2)]
    assert found.mismatches == (
        Mismatch(
            "weather", "Weather", {"hail": 2}, outside_values=1, outside_count=2, unused=("snow",), unused_classes=1
        ),
    )


def test_another_mapping_is_counted_as_it_was_given(scan: Scan) -> None:
    found = scan(labelx(("sun", "day"), ("rain", "snow")), wanted=WEATHER, pairs=(Pair("weather", "time"),))
    assert found.pairs == (Pair("weather", "time"),)
    assert found.survey is not None
    assert (found.survey.images, found.survey.dropped) == (1, 1)


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ((Pair("weather", "nothing"),), "mapping_key_unknown"),
        ((Pair("size", "time"),), "mapping_task_unknown"),
        ((Pair("weather", "time"), Pair("weather", "Weather")), "mapping_task_twice"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_not_counted(scan: Scan, pairs: tuple[Pair, ...], code: str) -> None:
    found = scan(labelx(("sun", "day")), wanted=WEATHER, pairs=pairs)
    assert found.survey is None
    assert found.problems[0].code == code
    assert {key.name for key in found.keys} == {"Weather", "time"}, "what there is to choose from is told all the same"


def test_without_a_template_the_package_s_own_classes_count(scan: Scan) -> None:
    boxes = coco({"a.jpg": [("car", [1, 1, 5, 5])], "b.jpg": []})
    found = scan({"instances.json": boxes, "a.jpg": b"-", "b.jpg": b"-"})
    assert (found.format, found.type) == ("coco", "detection")
    assert found.survey is not None
    assert (found.survey.images, found.survey.dropped) == (2, 0)
    assert found.mismatches == ()


def test_a_package_without_labels_says_so(scan: Scan) -> None:
    found = scan({"a.jpg": b"-"})
    assert (found.format, found.type, found.survey) == ("images", None, None)
    assert [each.code for each in found.problems] == ["package_without_labels"]


def test_values_beyond_those_that_people_look_at_are_counted_together(scan: Scan) -> None:
    found = scan(labelx(*((f"v{number}", "day") for number in range(1500))))
    (weather,) = [key for key in found.keys if key.name == "Weather"]
    assert (len(weather.values), weather.more) == (1000, 500)


def test_what_is_no_package_is_refused(scan: Scan) -> None:
    with pytest.raises(Refused, match="package_format_unknown"):
        scan({"a.jpg": b"-"}, format="nonsense")
