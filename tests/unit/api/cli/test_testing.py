"""`mo infer` with several things at once, `mo tests clone` and `rerun`."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from api import test_forms
from api.wishes import CloneWish
from schemas.specs.testing import Dimension, TaskPair, TestOptions, precision_switches
from schemas.values import Code
from tests.unit.api.cli.test_cli import Fake, job, mo, outcome

IDS = {name: UUID(int=number) for number, name in enumerate("abcd", start=1)}


class Asked:
    """A client that remembers what it was asked for."""

    def __init__(self, batch: test_forms.TestBatch | None = None) -> None:
        self.batches: list[tuple[Any, ...]] = []
        self.clones: list[tuple[UUID, CloneWish]] = []
        self._batch = batch or test_forms.TestBatch(jobs=[job(), job()])
        self.client = Fake(
            models={"find_tron": lambda text: SimpleNamespace(id=IDS[text])},
            datasets={"find": lambda text: SimpleNamespace(id=IDS[text])},
            jobs={"wait": lambda *_: job()},
            tests={
                "infer_all": self._infer_all,
                "clone": self._clone,
                "find": lambda text: outcome(IDS[text], 0.5),
                "get": lambda id_: outcome(id_, 0.5),
            },
        )

    def _infer_all(self, models: Any, datasets: Any, **how: Any) -> test_forms.TestBatch:
        self.batches.append((models, datasets, how))
        return self._batch

    def _clone(self, id_: UUID, changes: CloneWish) -> Any:
        self.clones.append((id_, changes))
        return job()


def test_several_names_are_models_and_then_the_dataset(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked()
    argv = ("infer", "a", "b", "c", "--dataset", "d", "--precision", "fp32", "--precision", "bf16", "--batch-size", "4")
    assert mo(asked.client, *argv, "--no-wait", "-o", "json") == 0
    ((models, datasets, how),) = asked.batches
    assert models == [IDS["a"], IDS["b"]]
    assert datasets == [IDS["c"], IDS["d"]]
    assert (how["precisions"], how["batch_size"], how["options"]) == (["fp32", "bf16"], 4, TestOptions())
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_what_a_batch_cannot_have_is_said_and_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    reason = Code("batch_size_over_max", {"batch_size": "9", "max": "8"})
    refused = test_forms.RefusedTest(
        model_id=IDS["a"], dataset_id=IDS["c"], precision="fp32", reason=reason, message="too large by one"
    )
    assert mo(Asked(test_forms.TestBatch(refused=[refused])).client, "infer", "a", "b", "c") == 2
    assert "too large by one" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [
        ("infer", "a", "b", "c", "--dataset-version", str(UUID(int=9))),
        ("infer", "a", "c", "--precision", "fp64"),
        ("infer", "a"),
    ],
)
def test_what_makes_no_sense_is_not_asked_for(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked()
    assert mo(asked.client, *argv) == 2
    assert asked.batches == []
    capsys.readouterr()


def test_a_clone_names_its_changes_and_a_rerun_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked()
    changes = ("--batch-size", "8", "--dimension", "light", "--without-task", "kind")
    assert mo(asked.client, "tests", "clone", "a", *changes, "--no-wait") == 0
    assert mo(asked.client, "tests", "rerun", "a", "--no-wait") == 0
    (_, cloned), (_, again) = asked.clones
    assert cloned == CloneWish(
        batch_size=8, options=TestOptions(dimensions=(Dimension("light"),)), without_tasks=["kind"]
    )
    assert again == CloneWish()
    capsys.readouterr()


def test_a_quick_check_takes_images_and_nothing_that_is_about_labels(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[Any] = []

    def quick(model: UUID, images: Any, **how: Any) -> Any:
        asked.append((model, [str(each) for each in images], how))
        return job()

    client = Fake(models={"find_tron": lambda text: SimpleNamespace(id=IDS[text])}, tests={"quick": quick})
    assert mo(client, "infer", "a", "--quick", "one.png", "two.png", "--batch-size", "2", "--no-wait") == 0
    assert mo(client, "infer", "a", "--quick", "one.png", "--iou", "0.6") == 2
    assert mo(client, "infer", "a", "--quick", "one.png", "--dataset", "c") == 2
    assert mo(client, "infer", "a", "--quick", "one.png", "--without-task", "kind") == 2
    how = {"batch_size": 2, "backend": "auto", "steps": None, "precision": "fp32"}
    assert asked == [(IDS["a"], ["one.png", "two.png"], how)]
    capsys.readouterr()


def test_the_form_is_shown_with_why_a_switch_is_off(capsys: pytest.CaptureFixture[str]) -> None:
    switches = list(precision_switches(("int8",)))
    form = test_forms.TestForm(
        model_id=IDS["a"], dataset_id=IDS["c"], type="classification", max_batch=8, switches=switches,
        messages={"fp16": "quantized to int8 last"}, precisions=["fp32", "bf16"], iou_threshold=False, steps=[],
        model_tasks=[test_forms.FormTask(name="class", classes=2)],
        dataset_tasks=[test_forms.FormTask(name="animal", classes=2)],
        tasks=[TaskPair("class", "animal")], nothing_common=False,
        dimensions=[test_forms.FormDimension(name="light", values=2, as_task=False)],
    )  # fmt: skip
    client = Fake(
        models={"find_tron": lambda text: SimpleNamespace(id=IDS[text])},
        datasets={"find": lambda text: SimpleNamespace(id=IDS[text])},
        tests={"form": lambda *_: form},
    )
    assert mo(client, "tests", "form", "a", "c") == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("quantized to int8 last", "animal", "light", "fp32, bf16"))
