"""Progress where there is no terminal: one line when a step begins, one when it is done."""

import io
from types import SimpleNamespace
from typing import cast

import pytest

from api.cli.progress import Meter, job_text, transfer
from api.cli.session import Everywhere, Session
from api.resources import Job
from schemas.values import Code


def lines(*looks: tuple[str, float | None]) -> list[str]:
    stderr = io.StringIO()
    with Meter(Session(Everywhere("", "en", "table"), {}, stderr=stderr)) as meter:
        for text, fraction in looks:
            meter.at(text, fraction)
    return stderr.getvalue().splitlines()


def test_a_step_is_written_when_it_begins_and_when_it_is_done() -> None:
    assert lines(*[("up", hundredth / 100) for hundredth in range(101)]) == ["up", "up: done"]


def test_another_text_is_another_step_and_the_end_comes_only_once() -> None:
    assert lines(("a", 0.1), ("b", 0.1), ("b", 0.9), ("b", 1.0), ("b", 1.0)) == ["a", "b", "b: done"]


def test_what_is_whole_at_once_is_written_once() -> None:
    assert lines(("conversion: completed", 1.0), ("conversion: completed", 1.0)) == ["conversion: completed"]


def test_what_has_no_measure_is_written_once() -> None:
    assert lines(("kafka starting", None), ("kafka starting", None), ("kafka ready", None), ("x", 0.5)) == [
        "kafka starting",
        "kafka ready",
        "x",
    ]


@pytest.mark.parametrize(
    ("code", "said"), [("all_agents_busy", "number 3 in the queue"), ("agents_without_sandbox", "mend it")]
)
def test_a_queued_job_says_its_place_or_what_somebody_must_do(code: str, said: str) -> None:
    session = Session(Everywhere("", "en", "table"), {}, stderr=io.StringIO())
    job = cast(
        Job,
        SimpleNamespace(
            kind="import", state="queued", position=3, waiting_for=Code(code), waiting_message="mend it", progress=None
        ),
    )
    assert job_text(session, job).endswith(f" · {said}")


@pytest.mark.parametrize(("first", "said"), [(0, []), (1 << 20, []), (5 << 20, ["an earlier attempt had got to 50%"])])
def test_bytes_that_go_on_from_somewhere_say_so(first: int, said: list[str]) -> None:
    stderr = io.StringIO()
    session = Session(Everywhere("", "en", "table"), {}, stderr=stderr)
    with Meter(session) as meter:
        look = transfer(session, meter, "up")
        for done in (first, 6 << 20, 10 << 20):
            look(done, 10 << 20)
    assert [line.partition(";")[0] for line in stderr.getvalue().splitlines()] == [*said, "up", "up: done"]
