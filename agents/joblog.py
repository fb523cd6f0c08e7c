"""What one attempt leaves to read: its children's output and the agent's own lines, bounded, plain, without secrets."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

HEAD_BYTES_MAX = 768 << 10
TAIL_BYTES_MAX = 256 << 10
RECENT_BYTES_MAX = 16 << 10
"""Of what came since the last news no more is shown to those who watch."""
LINE_CHARS_MAX = 1000
NEWS_LINES_MAX = 50
NEWS_BYTES_MAX = 6_000
"""Longest text of one `JobLogged`, as JSON; a record holds 8 KiB."""
SECRET_CHARS_MIN = 8
CUT = "[mo] … cut here; the end follows"
MASK = "[secret]"
OWN = "[mo] "
"""Beginning of the agent's own lines."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The text without what moves a terminal's cursor or turns its direction; a line's end becomes a space."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text).replace("\n", " "))


class JobLog:
    """The beginning and the end of everything that was taken in. `secrets` are masked wherever they occur."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = [each for each in secrets if len(each) >= SECRET_CHARS_MIN]
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._recent = b""
        self._lines = 0
        self._cut = False

    @property
    def empty(self) -> bool:
        """Whether nothing was taken in."""
        return not self._head

    def say(self, text: str) -> None:
        """Add lines of the agent's own."""
        begun = b"\n" if self._recent and not self._recent.endswith(b"\n") else b""
        self.take(begun + b"".join(f"{OWN}{line}\n".encode(errors="replace") for line in text.splitlines()))

    def take(self, data: bytes) -> None:
        """Add a piece of a child's output. Cheap: nothing is read but what will be shown."""
        self._lines += data.count(b"\n")
        self._recent = (self._recent + data)[-RECENT_BYTES_MAX:]
        room = HEAD_BYTES_MAX - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail.append(data)
            self._tail_bytes += len(data)
        while self._tail and self._tail_bytes - len(self._tail[0]) >= TAIL_BYTES_MAX:
            self._tail_bytes -= len(self._tail.popleft())
            self._cut = True

    def text(self) -> bytes:
        """The whole as UTF-8 lines."""
        head, tail = bytes(self._head), b"".join(self._tail)
        if not self._cut:
            return "\n".join(self._shown((head + tail).split(b"\n"))).encode()
        # a line that was cut might show a part of a secret
        lines = [*self._shown(head.split(b"\n")[:-1]), CUT, *self._shown(tail.split(b"\n")[1:])]
        return "\n".join(lines).encode()

    def news(self) -> tuple[int, tuple[str, ...]]:
        """The newest whole lines since the last news, as many as fit, and the number of the first of them."""
        whole, newline, rest = self._recent.rpartition(b"\n")
        if not newline:
            return self._lines, ()
        # the oldest line may have lost its beginning
        raw = whole.split(b"\n")[1 if len(self._recent) == RECENT_BYTES_MAX else 0 :]
        self._recent = rest
        shown: deque[str] = deque()
        size_bytes = 0
        for line in reversed(list(self._shown(raw[-NEWS_LINES_MAX:]))):
            size_bytes += len(msgspec.json.encode(line)) + 1
            if size_bytes > NEWS_BYTES_MAX:
                break
            shown.appendleft(line)
        return self._lines - len(shown), tuple(shown)

    def _shown(self, raw: Iterable[bytes]) -> Iterator[str]:
        for line in raw:
            # what a terminal would show in the end
            text = plain(line.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace"))
            for secret in self._secrets:
                text = text.replace(secret, MASK)
            yield text if len(text) <= LINE_CHARS_MAX else text[: LINE_CHARS_MAX - 1] + "…"
