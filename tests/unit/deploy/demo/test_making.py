"""The demo runs again without doing its work again, and goes on where an earlier run was interrupted."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from api.client.errors import ProblemError
from api.resources import Problem
from deploy.demo import making
from deploy.demo.photos import LITE0, PHOTOS
from deploy.demo.story import agrees, equals

PTH, TEMPLATE, OTHER, MODEL, MADE = (UUID(int=number) for number in range(1, 6))
VARIANT = LITE0


def tron(id_: UUID, *, version: str = VARIANT.version, pth: UUID = PTH, revisions: int = 1) -> Any:
    return SimpleNamespace(
        id=id_, name=PHOTOS.model, version=version, pth_id=pth, template_id=TEMPLATE, revisions=[object()] * revisions
    )


class Mo:
    """A client that knows some Trons and jobs, and remembers what it was asked to make."""

    def __init__(self, *trons: Any, live: tuple[str, ...] = (), ended: str = "completed") -> None:
        self.trons = {one.id: one for one in trons}
        self.live = live
        self.ended = ended
        self.converted: list[dict[str, Any]] = []
        self.models = SimpleNamespace(
            list_trons=lambda **_: SimpleNamespace(items=list(self.trons.values())),
            get_tron=lambda id_: self.trons[id_],
        )
        self.jobs = SimpleNamespace(list=self.list_jobs, wait=self.wait)

    def list_jobs(self, **_: Any) -> Any:
        return SimpleNamespace(items=[SimpleNamespace(id=MODEL, state=state) for state in self.live])

    def wait(self, job_id: UUID, *_: Any) -> Any:
        for one in self.trons.values():
            one.revisions = [object()]
        return SimpleNamespace(id=job_id, state=self.ended, subject_id=MADE, message="too far", reason=None)

    def convert(self, *_: Any, **wish: Any) -> Any:
        self.converted.append(wish)
        self.trons[MADE] = tron(MADE, version=str(wish["version"]))
        return SimpleNamespace(id=OTHER)


def made(mo: Mo) -> Any:
    pth, used = SimpleNamespace(id=PTH), SimpleNamespace(id=TEMPLATE)
    return making.tron(mo, PHOTOS, VARIANT, pth, used, lambda _share: None)  # type: ignore[arg-type]


def test_what_is_there_is_used_again() -> None:
    mo = Mo(tron(OTHER, pth=OTHER), tron(MODEL))
    assert made(mo).id == MODEL
    assert mo.converted == []


def test_what_is_being_made_is_waited_for() -> None:
    mo = Mo(tron(MODEL, revisions=0), live=("failed", "running"))
    assert made(mo).id == MODEL
    assert mo.converted == []


def test_a_version_that_is_taken_gives_way_to_the_next_one() -> None:
    free, taken, failed = Mo(), Mo(tron(OTHER, pth=OTHER)), Mo(tron(MODEL, revisions=0), live=("failed",))
    assert [made(mo).id for mo in (free, taken, failed)] == [MADE] * 3
    assert free.converted == [{"name": PHOTOS.model, "version": VARIANT.version}]
    assert taken.converted == failed.converted == [{"name": PHOTOS.model, "version": None}]


def test_a_job_that_ends_badly_ends_the_demo_with_its_reason() -> None:
    with pytest.raises(making.StepFailedError, match="too far"):
        made(Mo(ended="failed"))


def test_a_machine_without_a_sandbox_ends_the_demo_instead_of_keeping_it_waiting() -> None:
    mo = Mo()
    stuck = SimpleNamespace(waiting_for=SimpleNamespace(code="agents_without_sandbox"), waiting_message="run mo doctor")
    mo.jobs.wait = lambda _id, _seconds, look: look(stuck)
    with pytest.raises(making.StepFailedError, match="run mo doctor"):
        making.finished(mo, SimpleNamespace(id=OTHER), lambda _share: None)  # type: ignore[arg-type]


def test_a_dataset_whose_import_failed_gives_way_to_the_next_name() -> None:
    version = SimpleNamespace(created_at=datetime(2026, 1, 1, tzinfo=UTC))
    known = {
        PHOTOS.dataset: SimpleNamespace(id=OTHER, versions=[]),
        f"{PHOTOS.dataset}-2": SimpleNamespace(versions=[version]),
    }
    mo = Mo()
    mo.datasets = SimpleNamespace(find=lambda name: known[name], get=lambda _id: known[PHOTOS.dataset])  # type: ignore[attr-defined]
    assert making.dataset(mo, PHOTOS, lambda _share: None) is known[f"{PHOTOS.dataset}-2"]  # type: ignore[arg-type]


def test_a_version_that_a_deleted_model_keeps_gives_way_to_the_next_one() -> None:
    mo, asked = Mo(), []
    convert = mo.convert

    def refusing(*ids: Any, **wish: Any) -> Any:
        asked.append(wish)
        if wish.get("version"):
            raise ProblemError(Problem(type="", title="", status=409, code="version_taken"))
        return convert(*ids, **{"version": None, **wish})

    mo.convert = refusing  # type: ignore[method-assign]
    assert made(mo).id == MADE
    assert [wish.get("version") for wish in asked] == [VARIANT.version, None]


def test_a_structure_is_added_once_and_only_its_own_name_counts() -> None:
    added: list[str] = []
    known = [SimpleNamespace(name="another", class_name=VARIANT.class_name)]

    def add(_path: Any, name: str) -> Any:
        added.append(name)
        known.append(SimpleNamespace(name=name, class_name=name))
        return known[-1]

    mo: Any = SimpleNamespace(structures=SimpleNamespace(list=lambda **_: SimpleNamespace(items=known), add=add))
    first, again = (making.structure(mo, PHOTOS, VARIANT) for _ in range(2))
    assert first is again
    assert added == [VARIANT.class_name]


@pytest.mark.parametrize(
    ("top1", "top5", "same"), [(0.9, 0.95, True), (0.85, 0.95, False), (0.9, 1.0, False), (0.9, None, False)]
)
def test_equal_means_both_figures(top1: float, top5: float | None, same: bool) -> None:
    test: Any = SimpleNamespace(tasks=[SimpleNamespace(top1=top1, top5=top5)])
    assert equals(test, {"top1": 18 / 20, "top5": 19 / 20}) is same


@pytest.mark.parametrize(
    ("theirs", "different", "same"), [(0.9, 0, True), (0.95, 0, False), (0.9, 1, False), (None, 0, False)]
)
def test_parity_means_every_figure_and_every_image(theirs: float | None, different: int, same: bool) -> None:
    figures = [SimpleNamespace(key="top1/class", pytorch=theirs, tron=0.9)]
    parity: Any = SimpleNamespace(figures=figures, different=different)
    assert agrees(parity) is same
    nothing: Any = SimpleNamespace(figures=[], different=0)
    assert agrees(nothing) is False, "what was not scored agrees with nothing"


def test_a_parity_is_made_once_for_a_test() -> None:
    asked: list[dict[str, Any]] = []
    known: list[Any] = []
    tested: Any = SimpleNamespace(model_id=UUID(int=1), dataset_id=UUID(int=2), pack="p", images=20, skipped=1)

    def ask(*ids: Any, **wish: Any) -> Any:
        asked.append(wish)
        known.append(SimpleNamespace(pack="p", images=20))
        return SimpleNamespace(id=UUID(int=3))

    done = SimpleNamespace(id=UUID(int=3), state="completed")
    mo: Any = SimpleNamespace(
        parity=ask,
        jobs=SimpleNamespace(wait=lambda *_: done),
        tests=SimpleNamespace(parities=lambda **_: SimpleNamespace(items=known), parity_result=lambda _id: "made"),
    )
    assert making.parity(mo, PHOTOS, VARIANT, tested, lambda _part: None) == "made"
    assert asked[0]["images_max"] == 21
    assert making.parity(mo, PHOTOS, VARIANT, tested, lambda _part: None) is known[0]
    assert len(asked) == 1
