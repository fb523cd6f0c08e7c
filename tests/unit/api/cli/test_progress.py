"""Progress where there is no terminal: few lines, each of them new."""

import io

from api.cli.progress import Meter
from api.cli.session import Everywhere, Session


def lines(*looks: tuple[str, float | None]) -> list[str]:
    stderr = io.StringIO()
    with Meter(Session(Everywhere("", "en", "table"), {}, stderr=stderr)) as meter:
        for text, fraction in looks:
            meter.at(text, fraction)
    return stderr.getvalue().splitlines()


def test_the_same_text_is_written_again_only_after_a_quarter_and_at_the_end() -> None:
    assert lines(*[("up", hundredth / 100) for hundredth in range(101)]) == [
        "up 0%",
        "up 25%",
        "up 50%",
        "up 75%",
        "up 100%",
    ]


def test_another_text_is_always_written_and_the_end_only_once() -> None:
    assert lines(("a", 0.1), ("b", 0.1), ("b", 0.9), ("b", 1.0), ("b", 1.0)) == ["a 10%", "b 10%", "b 90%", "b 100%"]


def test_what_has_no_measure_is_written_once() -> None:
    assert lines(("kafka starting", None), ("kafka starting", None), ("kafka ready", None), ("x", 0.5)) == [
        "kafka starting",
        "kafka ready",
        "x 50%",
    ]
