"""Who is there first: accounts, the admin of an embedded stack, the invitation to set up a real server."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from deploy.local.home import write_atomically
from deploy.settings import Settings
from storage.accounts import rules
from storage.accounts.port import Accounts, AccountsAwayError, AccountsError
from storage.accounts.rows import AccountRow, TokenRow
from storage.accounts.secrets import TokenText, digest_of, new_secret, read_token, token_text

LOCAL_ADMIN = UUID("6d6f2d75-7365-5200-8000-6c6f63616c00")
"""The admin of every embedded stack; the owner of what was made in one before there were accounts."""
LOCAL_LOGIN, LOCAL_NAME = "local", "local"
TOKEN_NAME = "this machine"  # noqa: S105  what it is called in the list
LEFT_MIN = timedelta(days=30)
"""A kept token that lives for less is replaced at the next start."""
AGAIN_S = 2.0
_log = logging.getLogger(__name__)


async def prepare(settings: Settings, accounts: Accounts, now: datetime) -> None:
    """Migrate the schema; in an embedded stack make its admin, and the token that is kept in its home.

    Raises:
        AccountsError: the database is away, or newer than this program.
    """
    await accounts.migrate()
    if settings.local_token_file is not None:
        await _keep_local_admin(accounts, settings.local_token_file, now)


async def come_first(settings: Settings, accounts: Accounts, clock: Callable[[], datetime]) -> None:
    """Migrate, and invite an admin where there is none, as soon as the database can be asked."""
    while True:
        try:
            await accounts.migrate()
            await invite_admin(settings, accounts, clock())
            return
        except AccountsAwayError as error:
            _log.warning("accounts cannot be looked at yet: %s", error)
        except AccountsError as error:
            _log.critical("accounts cannot be used: %s", error)
            return
        await asyncio.sleep(AGAIN_S)


async def _keep_local_admin(accounts: Accounts, path: Path, now: datetime) -> None:
    """Make the admin of an embedded stack where it is missing, and the token of theirs that is kept at `path`."""
    if await accounts.account(LOCAL_ADMIN) is None:
        await accounts.add(AccountRow(id=LOCAL_ADMIN, login=LOCAL_LOGIN, name=LOCAL_NAME, role="admin", created_at=now))
    if await _holds(accounts, path, now):
        return
    for old in await accounts.tokens(LOCAL_ADMIN):
        if old.name == TOKEN_NAME:
            await accounts.end_token(LOCAL_ADMIN, old.id)
    said = TokenText(uuid4(), new_secret())
    token = TokenRow(
        id=said.id,
        account_id=LOCAL_ADMIN,
        digest=digest_of(said.secret),
        name=TOKEN_NAME,
        scopes=rules.PERMISSIONS,
        created_at=now,
        expires_at=now + rules.TOKEN_LIFE_MAX,
    )
    await accounts.add_token(token)
    write_atomically(path, token_text(said).encode(), mode=0o600)


async def _holds(accounts: Accounts, path: Path, now: datetime) -> bool:
    try:
        said = read_token(path.read_text("ascii").strip())  # noqa: ASYNC240  a line
    except (OSError, ValueError):
        return False
    found = None if said is None else await accounts.token(said.id, digest_of(said.secret), now)
    return found is not None and found.token.expires_at > now + LEFT_MIN


async def invite_admin(settings: Settings, accounts: Accounts, now: datetime) -> None:
    """Print a setup token where nobody is admin yet: only who can read this may become one.

    Raises:
        AccountsAwayError: the database is away.
    """
    if settings.local_token_file is not None or await accounts.has_admin():
        return
    secret = new_secret()
    await accounts.add_code(digest_of(secret), account_id=None, expires_at=now + rules.SETUP_LIFE)
    where = settings.public_url or f"http://{settings.api_host}:{settings.api_port}"
    print(
        f"\nNobody is admin here yet. Register on {where} with this setup token, which holds once and for a day:\n"
        f"本系统还没有管理员。请在 {where} 用以下初始化令牌注册（一次有效，一天内）：\n\n    {secret}\n",
        file=sys.stderr,
        flush=True,
    )
