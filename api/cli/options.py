"""Options that several commands have; `help` names the words that `app` puts in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="option.limit")]
Search = Annotated[str, typer.Option("--search", help="option.search")]
Mine = Annotated[bool, typer.Option("--mine", help="option.mine")]
Note = Annotated[str, typer.Option("--note", help="option.note")]
Name = Annotated[str, typer.Option("--name", help="option.name")]
NewName = Annotated[str | None, typer.Option("--name", help="option.new_name")]
NewNote = Annotated[str | None, typer.Option("--note", help="option.new_note")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="option.wait")]
Timeout = Annotated[float | None, typer.Option("--timeout", min=0, metavar="SECONDS", help="option.timeout")]

Named = Annotated[str, typer.Argument(help="argument.named")]
File = Annotated[Path, typer.Argument(help="argument.file")]

SHOWN = 50
"""Rows of a list, unless asked otherwise."""
