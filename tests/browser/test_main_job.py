"""The main job on the pages alone: register, upload, structure, template, convert, dataset, test, compare."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_scene import Lang, shoot
from hands import Keyboard, Mouse
from main_job import MainJob, own
from playwright.sync_api import Page

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


def _begin(visit, folder: Path, tag: str, lang: Lang, hands: type[Mouse | Keyboard]) -> MainJob:
    page: Page = visit(signed_in=False, lang=lang).page("/")
    page.evaluate("() => { window.neverLeft = true; }")
    return MainJob(page, hands(page), lang, own(folder, tag))


def _whole(job: MainJob, shots: str) -> None:
    """All of it; what each step leaves behind is kept as a picture."""
    steps = {
        "registered": lambda: job.register(job.own.tag.lower()),
        "uploaded": lambda: [job.upload(number) for number in (0, 1)],
        "structure": job.add_structure,
        "template": job.make_template,
        "converted": lambda: [_near(job.convert(number)) for number in (0, 1)],
        "conversions": job.see_conversions,
        "dataset": job.import_images,
        "tested": job.test_both,
        "result": lambda: job.see_result(0),
        "compared": job.compare,
    }
    for name, step in steps.items():
        step()
        shoot(job.page, f"main-{shots}-{name}")
    assert job.page.evaluate("() => window.neverLeft") is True, "everything came by itself: no page was loaded twice"


def _near(error: float) -> None:
    assert 0 < error < 1e-5


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.bars)])
def test_the_main_job_by_clicks_alone(visit, tmp_path: Path, lang: Lang):
    _whole(_begin(visit, tmp_path, f"Clicks{lang}", lang, Mouse), f"clicks-{lang}")


@pytest.mark.bars
def test_the_first_steps_by_keyboard_alone(visit, tmp_path: Path):
    job = _begin(visit, tmp_path, "FirstKeys", "en", Keyboard)
    job.register("first.keys")
    job.upload(0)
    job.add_structure()
    job.make_template()


@pytest.mark.bars
def test_the_main_job_by_keyboard_alone(visit, tmp_path: Path):
    _whole(_begin(visit, tmp_path, "Keyszh", "zh", Keyboard), "keys-zh")
