"""Rows about people become resources. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from api.people import Who
from api.resources_accounts import Account, AuditEntry, OpenSession, Session, Token
from storage.accounts.rows import AccountRow, AuditRow, SessionRow, TokenRow
from storage.accounts.rules import PERMISSIONS, session_end


def account_resource(row: AccountRow) -> Account:
    """A person."""
    return Account(
        id=row.id,
        login=row.login,
        name=row.name,
        role=row.role,
        active=row.active,
        password_once=row.once_until is not None,
        created_at=row.created_at,
        etag=f'"{row.revision}"',
    )


def session_resource(who: Who) -> Session:
    """Who asks."""
    return Session(
        account=account_resource(who.account),
        permissions=[each for each in PERMISSIONS if each in who.may],
        by=who.by,
        expires_at=who.expires_at,
        password_change_needed=who.account.once_until is not None,
    )


def open_session(row: SessionRow, current: UUID | None) -> OpenSession:
    """A browser."""
    return OpenSession(
        id=row.id,
        client=row.client,
        address=row.address,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=session_end(row.created_at, row.seen_at),
        current=row.id == current,
    )


def token_resource(row: TokenRow) -> Token:
    """A token without its secret."""
    return Token(
        id=row.id,
        name=row.name,
        scopes=list(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def audit_entry(row: AuditRow, names: Mapping[UUID, str]) -> AuditEntry:
    """A decision."""
    return AuditEntry(
        position=row.position,
        time=row.time,
        actor=row.actor,
        actor_name=names.get(row.actor, "") if row.actor is not None else "",
        action=row.action,
        object=row.object,
        outcome=row.outcome,
        address=row.address,
        previous=row.previous.hex(),
        digest=row.digest.hex(),
    )
