"""Tells the demo: each step with a bar, then one sentence of what it means; numbers at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from api.cli import exits
from api.cli.compare import comparison_sheets
from api.cli.output import BAD, GOOD, Cell, Sheet, draw, emit, share
from api.cli.progress import Meter
from api.cli.session import Session
from deploy.demo import assets, making, plan
from deploy.demo.making import Share, StepFailedError
from deploy.demo.plan import Variant
from deploy.demo.words import say

if TYPE_CHECKING:
    from api.resources import Test

T = TypeVar("T")

ORACLE_SECONDS_MAX = 300
ERROR_TEXT_MAX = 500
EQUAL_WITHIN = 1e-9
"""Both figures are counts of photos over the same number of photos."""


class OracleFailedError(Exception):
    """The judge gave no answer."""


def tell(session: Session) -> int:
    """Run the demo against the session's API; the exit code: 1 when our numbers are not plain PyTorch's."""
    try:
        return _tell(session)
    except assets.MissingPackageError as error:
        _print(session, "missing", package=error.package)
    except StepFailedError as error:
        _print(session, "job_failed", reason=error.reason)
    except OracleFailedError as error:
        _print(session, "oracle.failed", error=error)
    return exits.FAILED


def _tell(session: Session) -> int:
    mo = session.client
    weights = [_step(session, "weights", partial(making.weights, mo, v)) for v in plan.VARIANTS]
    _print(session, "weights.done")
    networks = [_step(session, "structures", _quick(partial(making.structure, mo, v))) for v in plan.VARIANTS]
    _print(session, "structures.done")
    templates = [
        _step(session, "templates", _quick(partial(making.template, mo, v, n.id)))
        for v, n in zip(plan.VARIANTS, networks, strict=True)
    ]
    _print(session, "templates.done")
    data = _step(session, "dataset", partial(making.dataset, mo))
    _print(session, "dataset.done", images=data.versions[0].images, dropped=data.versions[0].dropped)
    tests = []
    for variant, pth, template in zip(plan.VARIANTS, weights, templates, strict=True):
        name = variant.name
        model = _step(session, "convert", partial(making.tron, mo, variant, pth, template), name=name)
        best = model.revisions[0]
        error, threshold = f"{best.max_abs_error:.2g}", f"{best.error_threshold:g}"
        _print(session, "convert.done", name=name, error=error, threshold=threshold)
        tests.append(_step(session, "infer", partial(making.test, mo, variant, model, data), name=name))
        _say_test(session, name, tests[-1])
    return _conclude(session, tests)


def _conclude(session: Session, tests: list[Test]) -> int:
    comparison = session.client.compare([test.id for test in tests], tests[0].id)
    emit(session, comparison, *comparison_sheets(session, comparison))
    _print(session, "compare.done")
    judged = [_step(session, "oracle", _quick(partial(ask_oracle, v)), name=v.name) for v in plan.VARIANTS]
    equal = _verdict(session, tests, judged)
    _print(session, "oracle.equal" if equal else "oracle.differs")
    _print(session, "done", api_url=session.client.api_url)
    return exits.OK if equal else exits.FAILED


def ask_oracle(variant: Variant) -> dict[str, float]:
    """top1 and top5 of plain PyTorch, computed in a process of its own.

    Raises:
        OracleFailedError: it failed or took too long.
    """
    question = {
        "network": variant.name,
        "weights": str(assets.weights(variant.package)),
        "size": variant.size,
        "short_side": variant.short_side,
        "photos": [[str(photo.path), int(photo.label)] for photo in assets.photos()],
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.demo.oracle"],
            input=json.dumps(question),
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


def _verdict(session: Session, tests: list[Test], judged: list[dict[str, float]]) -> bool:
    rows: list[list[str | Cell]] = []
    for test, figures in zip(tests, judged, strict=True):
        same = equals(test, figures)
        mark = Cell(session.say("text.yes"), GOOD) if same else Cell(session.say("text.no"), BAD)
        task = test.tasks[0]
        row = [share(task.top1), share(figures["top1"]), share(task.top5), share(figures["top5"])]
        rows.append([f"{test.model}@{test.version}", *row, mark])
    columns = [say(session.lang, f"column.{key}") for key in ("ours1", "theirs1", "ours5", "theirs5", "equal")]
    sheet = Sheet([session.say("column.model"), *columns], rows, title=say(session.lang, "title.verdict"))
    draw(session.stderr if session.as_json else session.stdout, sheet, colour=not session.environ.get("NO_COLOR"))
    return all(equals(test, figures) for test, figures in zip(tests, judged, strict=True))


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
    print(say(session.lang, key, **params), file=session.stderr, flush=True)
