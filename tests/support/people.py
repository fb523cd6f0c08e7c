"""People for tests of the API: an admin of this machine and others, with tokens and sessions, and cheap hashes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from argon2 import PasswordHasher

from api.client.client import Client
from storage.accounts import rules
from storage.accounts.hashing import Passwords
from storage.accounts.memory import MemoryAccounts
from storage.accounts.rows import AccountRow, SessionRow, TokenRow
from storage.accounts.rules import Permission, Role
from storage.accounts.secrets import TokenText, digest_of, token_text

LONG_AGO, FAR_AWAY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
SECRET = "5e" * 32


def account(login: str, role: Role = "engineer", **fields: object) -> AccountRow:
    """A person whose id, name and login belong together."""
    given = {"id": uuid5(UUID(int=0), login), "name": login.title(), "created_at": LONG_AGO, **fields}
    return AccountRow(login=login, role=role, **given)


def token(owner: AccountRow, *scopes: Permission, **fields: object) -> tuple[TokenRow, str]:
    """A token of somebody with these scopes, else with all; and its text."""
    said = TokenText(uuid5(owner.id, ",".join(scopes)), SECRET)
    given = {"created_at": LONG_AGO, "expires_at": FAR_AWAY, "name": "test", **fields}
    row = TokenRow(
        id=said.id, account_id=owner.id, digest=digest_of(SECRET), scopes=scopes or rules.PERMISSIONS, **given
    )
    return row, token_text(said)


def session(owner: AccountRow, now: datetime, *, age: timedelta = timedelta()) -> tuple[SessionRow, str]:
    """A session of somebody that began some time before now; and the secret in its cookie."""
    secret = f"secret of {owner.login}"
    row = SessionRow(
        id=uuid5(owner.id, "session"), account_id=owner.id, digest=digest_of(secret), created_at=now - age,
        seen_at=now - age, client="test", address="",
    )  # fmt: skip
    return row, secret


def bearer(text: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {text}"}


LOCAL = account("local", "admin", id=UUID("6d6f2d75-7365-5200-8000-6c6f63616c00"), name="local")
_ROW, TOKEN = token(LOCAL)
HEADERS = bearer(TOKEN)


def environ_of(client: Client) -> dict[str, str]:
    """The variables with which the command line asks the API that the client asks, as the same person."""
    return {"MO_API_URL": client.api_url, "MO_TOKEN": client._core.token}


def passwords() -> Passwords:
    """Hashes as they are in use, with parameters that cost nothing."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def people(*rows: AccountRow | TokenRow | SessionRow) -> MemoryAccounts:
    """The local admin with `TOKEN`, and these."""
    return MemoryAccounts(LOCAL, _ROW, *rows)
