"""`mo accounts`: who there is, and what they may; for admins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from api.cli.options import SHOWN, Limit, Search
from api.cli.output import BAD, Cell, Sheet, emit, headings, short, when
from api.cli.session import Session, UsageError, session_of
from api.cli.sign_in import role_word

if TYPE_CHECKING:
    from api.resources_accounts import Account, OneTimePassword

app = typer.Typer(help="help.accounts", no_args_is_help=True)

Role = Literal["viewer", "engineer", "releaser", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
Who = Annotated[str, typer.Argument(metavar="LOGIN", help="argument.account")]


@app.command("list", help="help.accounts.list")
@app.command("ls", hidden=True)
def show_all(context: typer.Context, search: Search = "", limit: Limit = SHOWN) -> None:
    """List accounts."""
    session = session_of(context)
    page = session.client.accounts.list(search=search, limit=limit)
    emit(session, page, _sheet(session, page.items))


@app.command("role", help="help.accounts.role")
def role(
    context: typer.Context,
    who: Who,
    wanted: Annotated[str, typer.Argument(metavar="|".join(ROLES), help="argument.role")],
) -> None:
    """Give somebody another role."""
    session = session_of(context)
    for known in ROLES:
        if known == wanted:
            account = session.client.accounts.find(who)
            _show(session, session.client.accounts.edit(account, role=known))
            return
    raise UsageError("usage.one_of", option="ROLE", value=wanted, allowed=", ".join(ROLES))


@app.command("disable", help="help.accounts.disable")
def disable(context: typer.Context, who: Who) -> None:
    """Let somebody in no more: sessions and tokens end at once."""
    session = session_of(context)
    _show(session, session.client.accounts.edit(session.client.accounts.find(who), active=False))


@app.command("enable", help="help.accounts.enable")
def enable(context: typer.Context, who: Who) -> None:
    """Let somebody in again."""
    session = session_of(context)
    _show(session, session.client.accounts.edit(session.client.accounts.find(who), active=True))


@app.command("reset", help="help.accounts.reset")
def reset(context: typer.Context, who: Who) -> None:
    """A password for one sign-in, for somebody who forgot theirs."""
    session = session_of(context)
    account = session.client.accounts.find(who)
    made = session.client.accounts.reset(account)
    emit(session, made, Sheet(headings(session, "login", "password", "expires"), [_once(account, made)]))
    session.mention("text.password_told")


def _once(account: Account, made: OneTimePassword) -> tuple[str, str, str]:
    return account.login, made.password, when(made.expires_at)


def _show(session: Session, account: Account) -> None:
    emit(session, account, _sheet(session, [account]))


def _sheet(session: Session, accounts: list[Account]) -> Sheet:
    return Sheet(
        headings(session, "id", "login", "name", "role", "state", "created"),
        [
            (
                short(account.id),
                account.login,
                account.name,
                role_word(session, account.role),
                _state(session, account),
                when(account.created_at),
            )
            for account in accounts
        ],
        title=session.say("title.accounts"),
    )


def _state(session: Session, account: Account) -> str | Cell:
    if not account.active:
        return Cell(session.say("text.account_disabled"), BAD)
    return session.say("text.account_once" if account.password_once else "text.account_active")
