"""Tells the demo: each step with a bar, then one sentence of what it means; numbers at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from api.cli import exits
from api.cli.compare import comparison_sheets
from api.cli.output import BAD, GOOD, Cell, Sheet, draw, emit, share
from api.cli.progress import Meter
from api.cli.session import Session
from deploy.demo import assets, making
from deploy.demo.digits import RECIPES, TrainingFailedError, digits, trained
from deploy.demo.making import Share, StepFailedError
from deploy.demo.photos import PHOTOS
from deploy.demo.plan import Case, Variant
from deploy.demo.words import say

if TYPE_CHECKING:
    from api.reports import Parity
    from api.resources_tests import Comparison, Test

T = TypeVar("T")

ORACLE_SECONDS_MAX = 300
ERROR_TEXT_MAX = 500
FIGURES = ("difference", "low", "high")
EQUAL_WITHIN = 1e-9
"""Both figures are counts of images over the same number of images."""


class OracleFailedError(Exception):
    """The judge gave no answer."""


def tell(session: Session, folder: Path) -> int:
    """Run the demo against the session's API; the exit code: 1 when our numbers are not plain PyTorch's.

    `folder` keeps what the demo trains, so that a second run need not.
    """
    begun = time.monotonic()
    try:
        comparisons, equal = _tell(session, folder)
    except assets.MissingPackageError as error:
        _complain(session, "missing", package=error.package)
    except StepFailedError as error:
        _complain(session, "job_failed", reason=error.reason)
    except TrainingFailedError as error:
        _complain(session, "train.failed", error=error)
    except OracleFailedError as error:
        _complain(session, "oracle.failed", error=error)
    else:
        if session.for_programs:
            emit(session, comparisons)
        _print(session, "done", api_url=session.client.api_url, seconds=round(time.monotonic() - begun))
        return exits.OK if equal else exits.FAILED
    return exits.FAILED


def _tell(session: Session, folder: Path) -> tuple[list[Comparison], bool]:
    """Both comparisons, and whether all figures are plain PyTorch's."""
    comparisons, equal = [], True
    _print(session, "photos")
    comparisons.append(_compared(session, PHOTOS))
    equal &= _judged(session, PHOTOS, comparisons[-1])
    _print(session, "digits")
    trained_there = _step(session, "train", partial(trained, folder / "digits"))
    (first, one), (second, two) = RECIPES.items()
    seen = {"first_count": one[0], "first_passes": one[1], "second_count": two[0], "second_passes": two[1]}
    _print(session, "train.done", first=first.name, second=second.name, **seen)
    case = digits(trained_there)
    comparisons.append(_compared(session, case))
    equal &= _judged(session, case, comparisons[-1])
    return comparisons, equal


def _compared(session: Session, case: Case) -> Comparison:
    """The main job on one case, from weights to the comparison."""
    mo, variants = session.client, case.variants
    weights = [_step(session, "weights", partial(making.weights, mo, case, v), name=v.name) for v in variants]
    _print(session, "weights.done")
    classes = {variant.class_name: variant for variant in variants}
    networks = {
        name: _step(session, "structures", _quick(partial(making.structure, mo, case, v)), name=name)
        for name, v in classes.items()
    }
    _print(session, "structures.done")
    templates = [
        _step(
            session, "templates", _quick(partial(making.template, mo, case, v, networks[v.class_name].id)), name=v.name
        )
        for v in variants
    ]
    _print(session, f"templates.{case.key}")
    data = _step(session, "dataset", partial(making.dataset, mo, case))
    _print(session, f"dataset.{case.key}", images=data.versions[0].images, dropped=data.versions[0].dropped)
    tests = []
    for variant, pth, template in zip(variants, weights, templates, strict=True):
        name = variant.name
        model = _step(session, "convert", partial(making.tron, mo, case, variant, pth, template), name=name)
        best = model.revisions[0]
        error, threshold = f"{best.max_abs_error:.2g}", f"{best.error_threshold:g}"
        _print(session, "convert.done", name=name, error=error, threshold=threshold)
        tests.append(_step(session, "infer", partial(making.test, mo, case, variant, model, data), name=name))
        _say_test(session, name, tests[-1])
    comparison = mo.compare([test.id for test in tests], tests[0].id)
    if not session.for_programs:
        emit(session, comparison, *comparison_sheets(session, comparison))
    _say_verdict(session, case, comparison)
    return comparison


def _say_verdict(session: Session, case: Case, comparison: Comparison) -> None:
    """What the difference comes to, in one sentence."""
    first, second = case.variants
    found = comparison.tests[-1].verdicts["accuracy"]
    points = {key: "-" if (value := getattr(found, key)) is None else f"{value * 100:+.1f}" for key in FIGURES}
    _print(session, f"verdict.{found.code}", first=first.name, second=second.name, images=found.images, **points)


def _judged(session: Session, case: Case, comparison: Comparison) -> bool:
    """Whether plain PyTorch gives the same figures: inside of the system, and as an independent program has it."""
    mo, tests = session.client, [row.test for row in comparison.tests]
    pairs = list(zip(case.variants, tests, strict=True))
    parities = [
        _step(session, "parity", partial(making.parity, mo, case, variant, test), name=variant.name)
        for variant, test in pairs
    ]
    equal = _table(session, parities)
    _print(session, "parity.done" if equal else "parity.differs")
    judged = [_step(session, "oracle", _quick(partial(ask_oracle, case, v)), name=v.name) for v in case.variants]
    same = all(equals(test, figures) for test, figures in zip(tests, judged, strict=True))
    _print(session, f"oracle.{case.key}" if same else "oracle.differs")
    return equal and same


def ask_oracle(case: Case, variant: Variant) -> dict[str, float]:
    """top1 and top5 of plain PyTorch, computed in a process of its own.

    Raises:
        OracleFailedError: it failed or took too long.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.demo.oracle"],
            input=json.dumps(case.question(variant)),
            capture_output=True,
            text=True,
            timeout=ORACLE_SECONDS_MAX,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        return dict(json.loads(done.stdout))
    except subprocess.CalledProcessError as error:
        raise OracleFailedError(error.stderr[-ERROR_TEXT_MAX:]) from error
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise OracleFailedError(str(error)) from error


def equals(test: Test, judged: dict[str, float]) -> bool:
    """Whether a test's top-1 and top-5 are the judge's."""
    task = test.tasks[0]
    return abs(task.top1 - judged["top1"]) < EQUAL_WITHIN and abs((task.top5 or 0.0) - judged["top5"]) < EQUAL_WITHIN


def agrees(parity: Parity) -> bool:
    """Whether PyTorch and the Tron gave every image the same answer, and so every figure."""
    figures = all(_same(each.pytorch, each.tron) for each in parity.figures)
    return parity.different == 0 and bool(parity.figures) and figures


def _same(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) < EQUAL_WITHIN


def _table(session: Session, parities: list[Parity]) -> bool:
    """Draw what PyTorch and the Tron gave; whether it is the same."""
    rows: list[list[str | Cell]] = []
    for parity in parities:
        same = agrees(parity)
        mark = Cell(session.say("text.yes"), GOOD) if same else Cell(session.say("text.no"), BAD)
        error = "-" if parity.max_abs is None else f"{parity.max_abs:.2g}"
        for each in parity.figures:
            if each.key.startswith(("top1/", "top5/")):
                row = [f"{parity.model}@{parity.version}", each.key.partition("/")[0]]
                rows.append([*row, share(each.tron), share(each.pytorch), str(parity.different), error, mark])
    keys = ("figure", "ours", "theirs", "different", "max_abs", "equal")
    columns = [say(session.lang, f"column.{key}") for key in keys]
    sheet = Sheet([session.say("column.model"), *columns], rows, title=say(session.lang, "title.verdict"))
    draw(session.stderr if session.for_programs else session.stdout, sheet, colour=not session.environ.get("NO_COLOR"))
    return all(map(agrees, parities))


def _say_test(session: Session, name: str, test: Test) -> None:
    used = test.used
    backend = f"{used.backend} {used.version}" if used else "-"
    device = used.device if used else "-"
    _print(session, "infer.done", name=name, accuracy=share(test.accuracy), backend=backend, device=device)


def _step(session: Session, key: str, work: Callable[[Share], T], **params: object) -> T:
    text = say(session.lang, key, **params)
    with Meter(session) as meter:
        meter.at(text, 0.0)
        result = work(lambda fraction: meter.at(text, fraction))
        meter.at(text, 1.0)
    return result


def _quick(work: Callable[[], T]) -> Callable[[Share], T]:
    """Work that is done at once or cannot tell how far it is."""
    return lambda _share: work()


def _print(session: Session, key: str, **params: object) -> None:
    print(say(session.lang, key, **params), file=session.progress, flush=True)


def _complain(session: Session, key: str, **params: object) -> None:
    print(say(session.lang, key, **params), file=session.stderr, flush=True)
