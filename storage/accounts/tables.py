"""Columns of the schema `accounts`, and rows out of records."""

from __future__ import annotations

import asyncpg

from storage.accounts.rows import AccountRow, AuditRow, SessionRow, TokenRow

_LIKE_SPECIAL = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_", "\0": None})

ACCOUNT = ", ".join(AccountRow.__struct_fields__)
SESSION = ", ".join(SessionRow.__struct_fields__)
TOKEN = ", ".join(TokenRow.__struct_fields__)
AUDIT = ", ".join(AuditRow.__struct_fields__)


def like(text: str) -> str:
    """The text for a pattern in which it stands for itself."""
    return text.encode("utf-8", "replace").decode().translate(_LIKE_SPECIAL)


def account_of(record: asyncpg.Record) -> AccountRow:
    """An account."""
    return AccountRow(**{name: record[name] for name in AccountRow.__struct_fields__})


def session_of(record: asyncpg.Record) -> SessionRow:
    """A session."""
    return SessionRow(**{name: record[name] for name in SessionRow.__struct_fields__})


def token_of(record: asyncpg.Record) -> TokenRow:
    """A token."""
    fields = {name: record[name] for name in TokenRow.__struct_fields__}
    return TokenRow(**{**fields, "scopes": tuple(fields["scopes"])})


def entry_of(record: asyncpg.Record) -> AuditRow:
    """An entry of the chain."""
    return AuditRow(**{name: record[name] for name in AuditRow.__struct_fields__})
