"""Log lines: JSON that programs can read, whatever is said; plain lines for people."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.logs import JsonLines, PlainLines, set_up


@pytest.fixture(autouse=True)
def _untouched() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_is_one_object_with_what_was_given_beside_it() -> None:
    stream = io.StringIO()
    set_up("projector", stream=stream)
    logging.getLogger("mo").warning("job %s\nis late", 7, extra={"job_id": UUID(int=1), "event_id": None})
    (line,) = stream.getvalue().splitlines()
    said = json.loads(line)
    assert datetime.fromisoformat(said.pop("time")).tzinfo is not None
    assert said == {
        "level": "warning",
        "process": "projector",
        "logger": "mo",
        "message": "job 7\nis late",
        "job_id": str(UUID(int=1)),
    }


def test_a_fault_keeps_its_traceback_on_the_same_line() -> None:
    stream = io.StringIO()
    set_up("api", stream=stream)
    try:
        raise ValueError("wrong")
    except ValueError:
        logging.getLogger("mo").exception("that failed")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError: wrong" in json.loads(line)["fault"]


def test_people_at_a_terminal_get_a_plain_line() -> None:
    stream = Terminal()
    set_up("agent-1", stream=stream)
    logging.getLogger("mo").info("begins", extra={"job_id": "j"})
    assert stream.getvalue().split(" ", 1)[1] == "INFO    agent-1 begins job_id=j\n"


def test_a_filter_adds_to_every_line() -> None:
    class Named(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            record.request_id = "r"
            return True

    stream = io.StringIO()
    set_up("api", stream=stream, filters=[Named()])
    logging.getLogger("anybody").error("no")
    assert json.loads(stream.getvalue())["request_id"] == "r"


@given(st.text(), st.text(), st.one_of(st.text(), st.integers(), st.binary(), st.none()))
def test_whatever_is_said_is_one_line(message: str, name: str, value: object) -> None:
    record = logging.LogRecord("mo", logging.INFO, "f", 1, message, None, None)
    if name and name not in vars(record):
        setattr(record, name, value)
    line = JsonLines("p").format(record)
    assert "\n" not in line
    assert json.loads(line)["process"] == "p"
    assert PlainLines("p").format(record)
