"""A job's log: bounded, plain, without secrets, and its news for those who watch."""

from __future__ import annotations

import msgspec
import pytest

from agents.joblog import CUT, HEAD_BYTES_MAX, LINE_CHARS_MAX, NEWS_LINES_MAX, TAIL_BYTES_MAX, JobLog
from schemas.codec import RECORD_BYTES_MAX

SECRET = "s3cret-of-the-agents"


def text_of(*pieces: bytes, secrets: tuple[str, ...] = ()) -> str:
    log = JobLog(secrets)
    for piece in pieces:
        log.take(piece)
    return log.text().decode()


def test_pieces_are_put_together_and_own_lines_are_marked():
    log = JobLog()
    log.take("权".encode()[:1])
    log.take("权".encode()[1:] + b" reads\nhalf a li")
    log.say("export\nand more")
    assert log.text().decode() == "权 reads\nhalf a li\n[mo] export\n[mo] and more\n"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"\x1b]0;title\x07left", "left"),
        (b"10%\r20%\r30%", "30%"),
        (b"windows\r", "windows"),
        (b"a\x00b\x08c\x7f\td", "abc\td"),
        ("turned \u202eround".encode(), "turned round"),
        (b"\xff\xfe", "��"),
        (b"x" * 5000, "x" * (LINE_CHARS_MAX - 1) + "…"),
    ],
)
def test_only_plain_text_is_left(said: bytes, shown: str):
    assert text_of(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        SECRET.encode(),
        b"\x1b[1ms3cret-of\x00-the-\x1b[0magents",
        b"a" * (LINE_CHARS_MAX - 5) + SECRET.encode(),
        b"MO_AGENT_SECRET=" + SECRET.encode() + b"\x00PATH=/bin",
    ],
)
def test_secrets_are_masked_however_they_are_dressed(said: bytes):
    assert not any(SECRET[:length] in text_of(said, secrets=(SECRET, "")) for length in range(6, len(SECRET) + 1))


def test_a_secret_is_not_shown_in_part_where_the_log_is_cut():
    filler = b"x" * 99 + b"\n"
    log = JobLog((SECRET,))
    log.take((filler * (HEAD_BYTES_MAX // 100 + 1))[: HEAD_BYTES_MAX - 10])
    log.take(SECRET.encode() + b"\n")
    for _ in range(6):
        log.take(filler * 1000)
    log.take(b"the end")
    text = log.text().decode()
    assert SECRET[:6] not in text
    assert CUT in text
    assert text.endswith("\nthe end")
    assert len(text) <= HEAD_BYTES_MAX + TAIL_BYTES_MAX + 100_000


def test_news_are_told_once_and_number_their_lines():
    log = JobLog()
    assert log.news() == (0, ())
    log.take(b"one\ntwo\nhal")
    assert log.news() == (0, ("one", "two"))
    log.take(b"f\n")
    assert log.news() == (2, ("half",))
    assert log.news() == (3, ())


@pytest.mark.parametrize("line", [b"short\n", b'"' * 900 + b"\n", "权".encode() * 300 + b"\n"])
def test_of_too_much_news_the_newest_lines_fit_into_a_record(line: bytes):
    log = JobLog()
    log.take(line * 1000)
    first, lines = log.news()
    assert 0 < len(lines) <= NEWS_LINES_MAX
    assert first + len(lines) == 1000
    assert len(msgspec.json.encode(lines)) < RECORD_BYTES_MAX - 1000
