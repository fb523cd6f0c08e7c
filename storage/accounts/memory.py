"""Accounts in memory: for tests of what stands on them, and the simplest reading of the port."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from storage.accounts import rules
from storage.accounts.chain import GENESIS, linked
from storage.accounts.port import (
    AccountChangedError,
    AccountsAwayError,
    LastAdminError,
    LoginTakenError,
    TooManyTokensError,
)
from storage.accounts.rows import AccountRow, AuditRow, Bearer, Decision, SessionRow, Signed, TokenRow
from storage.accounts.rules import Role


class MemoryAccounts:
    """See `storage.accounts.port.Accounts`; `away` is an outage."""

    def __init__(self, *rows: AccountRow | TokenRow | SessionRow) -> None:
        self.away = False
        self.log: list[AuditRow] = []
        self._accounts = {row.id: row for row in rows if isinstance(row, AccountRow)}
        self._sessions = {row.id: row for row in rows if isinstance(row, SessionRow)}
        self._tokens = {row.id: row for row in rows if isinstance(row, TokenRow)}
        self._codes: dict[bytes, tuple[UUID | None, datetime]] = {}

    async def migrate(self) -> list[int]:
        self._look()
        return []

    async def add(self, account: AccountRow) -> None:
        self._look()
        login = rules.folded(account.login)
        if account.id in self._accounts or any(rules.folded(each.login) == login for each in self._accounts.values()):
            raise LoginTakenError(account.login)
        self._accounts[account.id] = account

    async def add_first_admin(self, account: AccountRow, code: bytes, now: datetime) -> bool:
        self._look()
        found = self._codes.get(code)
        if found is None or found[0] is not None or now >= found[1] or await self.has_admin():
            return False
        await self.add(account)
        self._codes = {digest: kept for digest, kept in self._codes.items() if kept[0] is not None}
        return True

    async def account(self, id_: UUID) -> AccountRow | None:
        self._look()
        return self._accounts.get(id_)

    async def by_login(self, login: str) -> AccountRow | None:
        self._look()
        wanted = rules.folded(login)
        return next((each for each in self._accounts.values() if rules.folded(each.login) == wanted), None)

    async def accounts(
        self, *, search: str = "", limit: int, after: str | None = None
    ) -> tuple[list[AccountRow], str | None]:
        self._look()
        part = search.lower()
        found = [
            (rules.folded(each.login), each)
            for each in self._accounts.values()
            if part in each.login.lower() or part in each.name.lower()
        ]
        found.sort(key=lambda each: each[0])
        page = [(login, each) for login, each in found if after is None or login > after]
        rows = [each for _, each in page[:limit]]
        return rows, page[limit - 1][0] if len(page) > limit else None

    async def names(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        self._look()
        return {id_: self._accounts[id_].name for id_ in ids if id_ in self._accounts}

    async def has_admin(self) -> bool:
        self._look()
        return any(each.role == "admin" and each.active for each in self._accounts.values())

    async def change(
        self, id_: UUID, *, revision: int, role: Role | None = None, active: bool | None = None, name: str | None = None
    ) -> AccountRow | None:
        self._look()
        before = self._accounts.get(id_)
        if before is None:
            return None
        if before.revision != revision:
            raise AccountChangedError(f"{before.login} has revision {before.revision}")
        after = replace(
            before,
            role=role or before.role,
            active=before.active if active is None else active,
            name=name or before.name,
            revision=revision + 1,
        )
        self._accounts[id_] = after
        if not await self.has_admin():
            self._accounts[id_] = before
            raise LastAdminError(before.login)
        if after.role != before.role or not after.active:
            self._end_sessions(id_)
        return after

    async def set_password(
        self,
        id_: UUID,
        password: str,
        *,
        old: str | None = None,
        once_until: datetime | None = None,
        but: UUID | None = None,
    ) -> bool:
        self._look()
        before = self._accounts.get(id_)
        if before is None or (old is not None and before.password != old):
            return False
        self._accounts[id_] = replace(before, password=password, once_until=once_until)
        self._end_sessions(id_, but)
        if before.once_until is not None:
            since = before.once_until - rules.ONE_TIME
            for each in [*self._tokens.values()]:
                if each.account_id == id_ and each.id != but and each.created_at >= since:
                    del self._tokens[each.id]
        return True

    async def rehash(self, id_: UUID, *, old: str, new: str) -> None:
        self._look()
        if self._accounts[id_].password == old:
            self._accounts[id_] = replace(self._accounts[id_], password=new)

    async def add_session(self, session: SessionRow, *, password: str | None = None) -> bool:
        self._look()
        owner = self._accounts.get(session.account_id)
        if owner is None or not owner.active or (password is not None and owner.password != password):
            return False
        if password is not None and owner.once_until is not None:
            self._accounts[owner.id] = replace(owner, password="")
        self._sessions[session.id] = session
        own = sorted(
            (each for each in self._sessions.values() if each.account_id == session.account_id),
            key=lambda each: (each.seen_at, each.id),
        )
        for each in own[: -rules.SESSIONS_MAX]:
            del self._sessions[each.id]
        return True

    async def session(self, digest: bytes, now: datetime) -> Signed | None:
        self._look()
        found = next((each for each in self._sessions.values() if each.digest == digest), None)
        if found is None or not await self.session_lives(found.id, now):
            return None
        if now - found.seen_at >= rules.SEEN_EVERY:
            self._sessions[found.id] = replace(found, seen_at=now)
        return Signed(self._sessions[found.id], self._accounts[found.account_id])

    async def session_lives(self, id_: UUID, now: datetime) -> bool:
        self._look()
        found = self._sessions.get(id_)
        return (
            found is not None
            and rules.session_lives(found.created_at, found.seen_at, now)
            and self._accounts[found.account_id].active
        )

    async def sessions(self, account_id: UUID, now: datetime) -> list[SessionRow]:
        self._look()
        own = [
            each
            for each in self._sessions.values()
            if each.account_id == account_id and rules.session_lives(each.created_at, each.seen_at, now)
        ]
        return sorted(own, key=lambda each: (each.seen_at, each.id), reverse=True)

    async def end_session(self, account_id: UUID, id_: UUID) -> bool:
        self._look()
        found = self._sessions.get(id_)
        if found is None or found.account_id != account_id:
            return False
        del self._sessions[id_]
        return True

    async def add_token(self, token: TokenRow) -> None:
        self._look()
        if sum(each.account_id == token.account_id for each in self._tokens.values()) >= rules.TOKENS_MAX:
            raise TooManyTokensError(token.name)
        self._tokens[token.id] = token

    async def token(self, id_: UUID, digest: bytes, now: datetime) -> Bearer | None:
        self._look()
        found = self._tokens.get(id_)
        if found is None or found.digest != digest or not await self.token_lives(id_, now):
            return None
        if found.used_at is None or now - found.used_at >= rules.SEEN_EVERY:
            self._tokens[id_] = replace(found, used_at=now)
        return Bearer(self._tokens[id_], self._accounts[found.account_id])

    async def token_lives(self, id_: UUID, now: datetime) -> bool:
        self._look()
        found = self._tokens.get(id_)
        return found is not None and now < found.expires_at and self._accounts[found.account_id].active

    async def tokens(self, account_id: UUID) -> list[TokenRow]:
        self._look()
        own = [each for each in self._tokens.values() if each.account_id == account_id]
        return sorted(own, key=lambda each: (each.created_at, each.id), reverse=True)

    async def end_token(self, account_id: UUID, id_: UUID) -> bool:
        self._look()
        found = self._tokens.get(id_)
        if found is None or found.account_id != account_id:
            return False
        del self._tokens[id_]
        return True

    async def add_code(self, digest: bytes, *, account_id: UUID | None, expires_at: datetime) -> None:
        self._look()
        self._codes[digest] = (account_id, expires_at)

    async def use_code(self, digest: bytes, now: datetime) -> AccountRow | None:
        self._look()
        account_id, expires_at = self._codes.get(digest, (None, now))
        if account_id is None:
            return None
        del self._codes[digest]
        account = self._accounts.get(account_id)
        return account if account is not None and account.active and now < expires_at else None

    async def say(self, decisions: Sequence[Decision]) -> list[AuditRow]:
        self._look()
        first = len(self.log)
        for each in decisions:
            previous = self.log[-1].digest if self.log else GENESIS
            self.log.append(linked(each, len(self.log) + 1, previous))
        return self.log[first:]

    async def audit(
        self, *, limit: int, before: int | None = None, actor: UUID | None = None, outcome: str = ""
    ) -> list[AuditRow]:
        self._look()
        rows = [each for each in self._chosen(actor, outcome) if before is None or each.position < before]
        return rows[::-1][:limit]

    async def audit_from(
        self, position: int, *, limit: int, actor: UUID | None = None, outcome: str = ""
    ) -> list[AuditRow]:
        self._look()
        return [each for each in self._chosen(actor, outcome) if each.position >= position][:limit]

    def _chosen(self, actor: UUID | None, outcome: str) -> list[AuditRow]:
        return [each for each in self.log if actor in (None, each.actor) and outcome in ("", each.outcome)]

    async def close(self) -> None:
        pass

    def _look(self) -> None:
        if self.away:
            raise AccountsAwayError("away")

    def _end_sessions(self, account_id: UUID, but: UUID | None = None) -> None:
        self._sessions = {
            id_: each for id_, each in self._sessions.items() if each.account_id != account_id or id_ == but
        }
