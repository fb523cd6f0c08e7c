"""Deleting asks first, and names what depends on the thing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import exits
from api.cli.session import Session, UsageError
from api.cli.words import plain

if TYPE_CHECKING:
    from api.resources import Dependents

Yes = Annotated[bool, typer.Option("--yes", "-y", help="option.yes")]
Deleted = Annotated[bool, typer.Option("--deleted", help="option.deleted")]
NAMED_MAX = 5
"""Of each noun; the counts are whole."""
Nouns = ("tron", "template", "test", "job")


def confirm(session: Session, name: str, depending: Dependents, *, yes: bool) -> None:
    """Return if the thing may be deleted: `yes`, or a person said so.

    Raises:
        UsageError: nobody is there to be asked.
        typer.Exit: the person said no.
    """
    if said := in_words(session, depending):
        session.tell("text.depends", name=name, what=said)
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("usage.needs_yes", name=name)
    if not typer.confirm(plain(session.say("text.delete_ask", name=name)), err=True):
        session.tell("text.not_deleted", name=name)
        raise typer.Exit(exits.FAILED)


def in_words(session: Session, depending: Dependents) -> str:
    """What depends, as people say it: `2 models (net@1, net@2), 1 job that goes on`; empty where nothing does."""
    parts = []
    for noun in Nouns:
        if count := depending.counts.get(noun, 0):
            form = "one" if count == 1 else "many"
            named = [each.name for each in depending.items if each.noun == noun][:NAMED_MAX]
            more = ["…"] if count > len(named) else []
            said = session.say(f"text.count_{noun}_{form}", count=count)
            parts.append(session.say("text.named", said=said, names=", ".join([*named, *more])) if named else said)
    return session.say("text.comma").join(parts)
