"""Prints resources: as the API's JSON, as lines of it, as CSV, or as sheets that fit the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TextIO

import msgspec

from api.cli.rows import goes_on, rows_of, write_csv
from api.cli.session import Session
from api.cli.words import known, plain

if TYPE_CHECKING:
    from api.resources import Thing

PIPE_COLUMNS = 1000
"""Width of what is not a terminal: nothing is ever cut or wrapped there."""
ID_CHARACTERS = 8
SHORT_MS = 0.095
"""Shorter times keep four decimals: two would show 0.00."""

GOOD = "green"
BAD = "red"


class Cell(NamedTuple):
    """A text with a style (a colour never says anything that the text does not)."""

    text: str
    style: str = ""


class Sheet(NamedTuple):
    """A table to be shown: headings and rows of texts or cells."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | Cell]]
    title: str = ""
    notes: Sequence[str] = ()


def emit(session: Session, resource: object, *sheets: Sheet, more: str = "text.more") -> None:
    """Print `resource` in the form that was asked for: for programs, or the sheets that show it to people.

    `more`: the sentence that says how to see the rest of a page, with the parameter `after`.
    """
    match session.options.output:
        case "json":
            print(msgspec.json.format(msgspec.json.encode(resource), indent=2).decode(), file=session.stdout)
        case "jsonl":
            for row in rows_of(resource):
                print(msgspec.json.encode(row).decode(), file=session.stdout)
        case "csv":
            write_csv(session.stdout, rows_of(resource))
        case _:
            for sheet in sheets:
                draw(session.stdout, sheet, colour=not session.environ.get("NO_COLOR"))
    if session.options.output != "json" and goes_on(resource):
        session.mention(more, after=getattr(resource, "next", ""))


def in_markdown(sheet: Sheet) -> str:
    """The sheet as a table of Markdown, to be pasted where people read it."""
    lines = [f"**{_escaped(sheet.title)}**", ""] if sheet.title else []
    lines += [_line(sheet.columns), _line(["---"] * len(sheet.columns))]
    lines += [_line([cell.text if isinstance(cell, Cell) else cell for cell in row]) for row in sheet.rows]
    return "\n".join([*lines, *(line for note in sheet.notes for line in ("", _escaped(note)))])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_escaped, cells)) + " |"


def _escaped(text: str) -> str:
    """What others wrote makes no columns, tags or links of Markdown; a bare address some readers still make one of."""
    text = plain(text).replace("\n", " ").replace("\t", " ")
    for sign in "\\|<>[]`*_":
        text = text.replace(sign, "\\" + sign)
    return text


def draw(stream: TextIO, sheet: Sheet, *, colour: bool = True) -> None:
    """Write one sheet; names and notes are anybody's, and order the terminal to do nothing."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    tty = stream.isatty()
    console = Console(file=stream, highlight=False, no_color=not colour, width=None if tty else PIPE_COLUMNS)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title_justify="left")
    for column in sheet.columns:
        table.add_column(Text(column), overflow="fold")
    for row in sheet.rows:
        cells = (cell if isinstance(cell, Cell) else Cell(cell) for cell in row)
        table.add_row(*(Text(plain(cell.text), cell.style) for cell in cells))
    if sheet.title:
        console.print(Text(plain(sheet.title), "bold"))
    console.print(table)
    for note in sheet.notes:
        console.print(Text(plain(note)), soft_wrap=True)


def facts(session: Session, title: str, rows: Sequence[tuple[str, str | Cell]]) -> Sheet:
    """A sheet with one fact a row; the first column is a key of the words."""
    return Sheet(
        columns=(session.say("column.what"), session.say("column.value")),
        rows=[(session.say(f"column.{key}"), value) for key, value in rows],
        title=title,
    )


def deletion(thing: Thing) -> list[tuple[str, str]]:
    """The fact that a thing was deleted, for `facts`; nothing where it was not."""
    return [] if thing.deleted_at is None else [("deleted", when(thing.deleted_at))]


def label(session: Session, group: str, name: str) -> str:
    """What a code of the API is called for people; one that we do not know keeps its own name."""
    key = f"{group}.{name}"
    return session.say(key) if known(session.lang, key) else name


def headings(session: Session, *keys: str) -> list[str]:
    """Column headings in the reader's language."""
    return [session.say(f"column.{key}") for key in keys]


def short(identity: object) -> str:
    """The beginning of an id: enough for people, and the CLI takes it back."""
    return str(identity)[:ID_CHARACTERS]


def when(moment: datetime) -> str:
    """Local time to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def size(size_bytes: int) -> str:
    """Bytes as people read them."""
    amount = float(size_bytes)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError("the last unit returns")


def share(value: float | None) -> str:
    """A share of one as per cent."""
    return "-" if value is None else f"{value * 100:.2f}%"


def ms(value: float | None) -> str:
    """Milliseconds; very short times keep more digits."""
    return "-" if value is None else f"{value:.2f}" if value == 0 or value >= SHORT_MS else f"{value:.4f}"
