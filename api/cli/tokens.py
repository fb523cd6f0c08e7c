"""`mo tokens`: what programs carry in one's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from api.cli.output import Sheet, emit, headings, short, when
from api.cli.session import Session, UsageError, session_of
from api.cli.sign_in import DAYS, Days, end_in, permission_words

if TYPE_CHECKING:
    from api.resources_accounts import Token

app = typer.Typer(help="help.tokens", no_args_is_help=True)

Scope = Literal["read", "write", "release", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@app.command("list", help="help.tokens.list")
@app.command("ls", hidden=True)
def show(context: typer.Context) -> None:
    """List one's own tokens."""
    session = session_of(context)
    page = session.client.tokens.list()
    emit(session, page, _sheet(session, page.items))


@app.command("new", help="help.tokens.new")
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="argument.token_name")],
    scopes: Annotated[list[str], typer.Option("--scope", metavar="|".join(SCOPES), help="option.scope")],
    days: Days = DAYS,
) -> None:
    """Make a token; its text is printed once."""
    session = session_of(context)
    made = session.client.tokens.new(name, _scopes(scopes), expires_at=end_in(days))
    emit(session, made, _sheet(session, [made]))
    if not session.for_programs:
        print(made.text, file=session.stdout)
    session.mention("text.token_once")


@app.command("rm", help="help.tokens.rm")
def remove(context: typer.Context, token: Annotated[str, typer.Argument(help="argument.token")]) -> None:
    """Revoke a token."""
    session = session_of(context)
    found = session.client.tokens.find(token)
    session.client.tokens.revoke(found.id)
    session.mention("text.token_revoked", name=found.name)


def _scopes(texts: list[str]) -> list[Scope]:
    """The scopes in their order.

    Raises:
        UsageError: one is none of them.
    """
    asked = {part.strip() for text in texts for part in text.split(",")}
    if wrong := sorted(asked - {*SCOPES}):
        raise UsageError("usage.one_of", option="--scope", value=wrong[0], allowed=", ".join(SCOPES))
    return [each for each in SCOPES if each in asked]


def _sheet(session: Session, tokens: list[Token]) -> Sheet:
    return Sheet(
        headings(session, "id", "name", "permissions", "created", "expires", "used_at"),
        [
            (
                short(token.id),
                token.name,
                permission_words(session, token.scopes),
                when(token.created_at),
                when(token.expires_at),
                when(token.used_at) if token.used_at is not None else "-",
            )
            for token in tokens
        ],
        title=session.say("title.tokens"),
    )
