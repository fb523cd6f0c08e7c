"""The way back in for whoever lost the last admin's password: at the database, for whoever runs Mo."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from deploy.settings import Settings
from storage.accounts import rules
from storage.accounts.hashing import Passwords
from storage.accounts.port import Accounts
from storage.accounts.rows import Decision
from storage.accounts.secrets import new_password

ACTION = "recover_account"
PLACE = "database"
"""Where the audit's entry says that it came from: there was no request."""


class UnknownLoginError(Exception):
    """Nobody has this login."""


class Recovered(NamedTuple):
    """A password that lets in once, until when, and what the account is now: while not `active` it lets nobody in."""

    login: str
    role: rules.Role
    active: bool
    password: str
    expires_at: datetime


async def recovered(
    accounts: Accounts, login: str, passwords: Passwords, now: datetime, *, admin: bool = False
) -> Recovered:
    """Let an account in again by a password for one sign-in; its sessions end. With `admin` it is an active admin then.

    The audit says so, without an actor: whoever has the database's password is nobody in particular.

    Raises:
        UnknownLoginError: nobody has this login (any more). AccountChangedError: it changed meanwhile; ask again.
        AccountsError: the database is away, or newer than this program.
    """
    row = await accounts.by_login(login)
    if row is None:
        raise UnknownLoginError(login)
    decision = Decision(time=now, actor=None, action=ACTION, object=str(row.id), outcome="allowed", address=PLACE)
    await accounts.say([decision])
    if admin and not (row.role == "admin" and row.active):
        row = await accounts.change(row.id, revision=row.revision, role="admin", active=True) or row
    password, expires_at = new_password(), now + rules.ONE_TIME
    if not await accounts.set_password(row.id, await passwords.hash(password), once_until=expires_at):
        raise UnknownLoginError(login)
    return Recovered(row.login, row.role, row.active, password, expires_at)


async def recover(settings: Settings, login: str, *, admin: bool) -> Recovered:
    """The same on the accounts of these settings; raises as that."""
    from deploy.wiring import accounts_of

    async with accounts_of(settings) as accounts:
        await accounts.migrate()
        return await recovered(accounts, login, Passwords(), datetime.now(UTC), admin=admin)
