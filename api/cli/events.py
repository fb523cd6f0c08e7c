"""`mo events`: what happens, and what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import msgspec
import typer

from api.cli.output import when
from api.cli.session import Session, session_of
from api.cli.words import plain

if TYPE_CHECKING:
    from api.resources import Happened, Said

app = typer.Typer(help="help.events", no_args_is_help=True)

Topics = Annotated[str, typer.Option("--topics", help="option.topics")]
Entity = Annotated[UUID | None, typer.Option("--entity", help="option.entity")]
Follow = Annotated[bool, typer.Option("--follow/--no-follow", help="option.follow")]


@app.callback()
def events() -> None:
    """What happens, and what happened."""


@app.command("tail", help="help.events.tail")
def tail(context: typer.Context, topics: Topics = "", entity: Entity = None, follow: Follow = True) -> None:
    """Show events, one a line: a thing's history first, then what comes."""
    session = session_of(context)
    if entity is not None:
        for said in session.client.history(entity):
            _show(session, said, _told(said))
    if not follow:
        return
    for message in session.client.stream(topics=[each for each in topics.split(",") if each], entity=entity):
        if message.happened is None:
            session.tell("events.resync")
        else:
            _show(session, message.happened, _heard(message.happened))


def _show(session: Session, resource: Happened | Said, text: str) -> None:
    line = msgspec.json.encode(resource).decode() if session.for_programs else plain(text)
    print(line, file=session.stdout, flush=True)


def _told(said: Said) -> str:
    return f"{when(said.time)}  {said.position}  {said.name}  {msgspec.json.encode(said.data).decode()}"


def _heard(happened: Happened) -> str:
    data = msgspec.json.encode(happened.data).decode() if happened.data else ""
    parts = (when(happened.time), happened.position, happened.name, str(happened.ids[0]), happened.message, data)
    return "  ".join(part for part in parts if part)
