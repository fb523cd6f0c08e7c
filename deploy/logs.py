"""Logs of our processes: one JSON object a line for programs, one plain line for people at a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""What every record has; whatever else it has was given by `extra` and belongs into the line."""


class JsonLines(logging.Formatter):
    """`{"time", "level", "process", "logger", "message", ...}`; `extra` fields such as job_id stand beside, faults in
    `fault` with their traceback.
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _extra(record)
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode("utf-8", "replace")


class PlainLines(logging.Formatter):
    """The same for people: time, level, process, message, and the extra fields behind."""

    def __init__(self, process: str) -> None:
        super().__init__(f"%(asctime)s %(levelname)-7s {process} %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        head, _, rest = super().format(record).partition("\n")
        more = "".join(f" {name}={value}" for name, value in _extra(record).items())
        return f"{head}{more}\n{rest}" if rest else head + more


def set_up(process: str, *, stream: TextIO | None = None, filters: Iterable[logging.Filter] = ()) -> None:
    """Send everything that this process logs to `stream` (stderr by default). `filters` add fields to records."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(PlainLines(process) if target.isatty() else JsonLines(process))
    for each in filters:
        handler.addFilter(each)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # the client logs every lost connection at ERROR several times a second; its failures reach us as exceptions
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # says at INFO where it found credentials
    logging.getLogger("botocore").setLevel(logging.WARNING)
    logging.getLogger("aiobotocore").setLevel(logging.WARNING)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in STANDARD and value is not None}
