"""`mo dictionary`: the lists that templates and uploads choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.output import Sheet, emit, headings
from api.cli.session import Session, UsageError, session_of

if TYPE_CHECKING:
    from api.terms import DictionaryList
    from schemas.specs.dictionary import Entry

app = typer.Typer(help="help.dictionary", no_args_is_help=True)

ListArgument = Annotated[str, typer.Argument(metavar="LIST", help="argument.list")]
EntryArgument = Annotated[str, typer.Argument(metavar="ENTRY", help="argument.entry")]


@app.command("list", help="help.dictionary.list")
def show_all(context: typer.Context) -> None:
    """List the lists."""
    session = session_of(context)
    found = session.client.dictionary.get()
    rows = [(each.name, each.default, ", ".join(entry.name for entry in each.entries)) for each in found.lists]
    emit(session, found, Sheet(headings(session, "list", "default", "entries"), rows))


@app.command("show", help="help.dictionary.show")
def show(context: typer.Context, name: ListArgument) -> None:
    """Show one list."""
    session = session_of(context)
    found = _list(session, name)
    emit(session, found, _sheet(session, found))


@app.command("add", help="help.dictionary.add")
def add(
    context: typer.Context,
    name: ListArgument,
    entry: EntryArgument,
    values: Annotated[str, typer.Option("--values", metavar="N,N,N", help="option.values")] = "",
) -> None:
    """Add an entry; one with this name gets the new values."""
    from schemas.specs.dictionary import Entry

    session = session_of(context)
    before = _list(session, name)
    new = Entry(entry, numbers(values, "--values") if values else ())
    kept = [new if each.name == entry else each for each in before.entries]
    _edit(session, before, kept if new in kept else [*kept, new], before.default)


@app.command("rm", help="help.dictionary.rm")
def remove(context: typer.Context, name: ListArgument, entry: EntryArgument) -> None:
    """Take an entry out."""
    session = session_of(context)
    before = _list(session, name)
    _expect(before, entry)
    if entry == before.default:
        raise UsageError("usage.entry_is_default", list=name, entry=entry)
    _edit(session, before, [each for each in before.entries if each.name != entry], before.default)


@app.command("set-default", help="help.dictionary.set_default")
def set_default(context: typer.Context, name: ListArgument, entry: EntryArgument) -> None:
    """Say which entry is taken where nothing is said."""
    session = session_of(context)
    before = _list(session, name)
    _expect(before, entry)
    _edit(session, before, before.entries, entry)


def numbers(text: str, option: str) -> tuple[float, ...]:
    """Numbers with commas between, full-width ones too.

    Raises:
        UsageError: something else is there.
    """
    try:
        return tuple(float(part) for part in text.replace("，", ",").split(",") if part.strip())
    except ValueError:
        raise UsageError("usage.numbers", option=option, value=text) from None


def _list(session: Session, name: str) -> DictionaryList:
    from schemas.specs.dictionary import LIST_NAMES

    for known in LIST_NAMES:
        if known == name:
            return session.client.dictionary.list(known)
    raise UsageError("usage.one_of", option="LIST", value=name, allowed=", ".join(LIST_NAMES))


def _expect(before: DictionaryList, entry: str) -> None:
    names = [each.name for each in before.entries]
    if entry not in names:
        raise UsageError("usage.one_of", option="ENTRY", value=entry, allowed=", ".join(names))


def _edit(session: Session, before: DictionaryList, entries: list[Entry], default: str) -> None:
    changed = session.client.dictionary.edit(before, entries=entries, default=default)
    emit(session, changed, _sheet(session, changed))


def _sheet(session: Session, one: DictionaryList) -> Sheet:
    mark = session.say("text.default_mark")
    return Sheet(
        headings(session, "entry", "values", "default"),
        [
            (entry.name, ", ".join(f"{value:g}" for value in entry.values), mark if entry.name == one.default else "")
            for entry in one.entries
        ],
        title=one.name,
    )
