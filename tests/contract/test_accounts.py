"""Keepers of accounts: one suite for the one in memory and the one in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from storage.accounts import rules
from storage.accounts.chain import first_break
from storage.accounts.database import SchemaNewerError
from storage.accounts.memory import MemoryAccounts
from storage.accounts.port import (
    AccountChangedError,
    AccountsAwayError,
    LastAdminError,
    LoginTakenError,
    TooManyTokensError,
)
from storage.accounts.postgres import PostgresAccounts
from storage.accounts.rows import AccountRow, Decision, SessionRow, TokenRow
from storage.accounts.secrets import digest_of

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, UTC)


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.real)])
async def accounts(request: pytest.FixtureRequest) -> AsyncIterator:
    if request.param == "memory":
        yield MemoryAccounts()
        return
    dsn = request.getfixturevalue("postgres_dsn")
    schema = f"a_{uuid4().hex[:12]}"
    kept = await PostgresAccounts.open(dsn, schema)
    assert await kept.migrate() == [1]
    assert await kept.migrate() == []
    yield kept
    async with kept._asking() as connection:
        await connection.execute(f"drop schema {schema} cascade")
    await kept.close()


def account(login: str = "li.lei", role: rules.Role = "engineer", **fields) -> AccountRow:
    fields = {"id": uuid4(), "name": login.title(), "created_at": NOW, "password": "hash", **fields}
    return AccountRow(login=login, role=role, **fields)


def session(owner: AccountRow, secret: str = "s", **fields) -> SessionRow:
    fields = {"id": uuid4(), "created_at": NOW, "seen_at": NOW, "client": "Firefox", "address": "::1", **fields}
    return SessionRow(account_id=owner.id, digest=digest_of(secret), **fields)


def token(owner: AccountRow, secret: str = "t", **fields) -> TokenRow:
    later = NOW + timedelta(days=1)
    fields = {"id": uuid4(), "name": "ci", "scopes": ("read",), "created_at": NOW, "expires_at": later, **fields}
    return TokenRow(account_id=owner.id, digest=digest_of(secret), **fields)


def decision(action: str = "post_pth", **fields) -> Decision:
    said = {"actor": UUID(int=5), "object": "x", "outcome": "allowed", "address": "::1", "time": NOW, **fields}
    return Decision(action=action, **said)


async def added(accounts, *args, **fields) -> AccountRow:
    row = account(*args, **fields)
    await accounts.add(row)
    return row


async def test_an_account_is_found_by_id_and_by_login_in_any_capitals(accounts):
    row = await added(accounts, "Zhāng.Wei")
    assert await accounts.account(row.id) == row
    assert await accounts.by_login("ZHĀNG.wei") == row
    assert await accounts.by_login("Zha\u0304ng.Wei") == row
    assert await accounts.by_login("zhang.wei") is None
    assert await accounts.names([row.id, uuid4()]) == {row.id: row.name}


@pytest.mark.parametrize("login", ["li\0lei", "li\ud800", "\0"])
async def test_a_login_that_cannot_be_is_nobodys(accounts, login):
    await added(accounts)
    assert await accounts.by_login(login) is None


async def test_a_session_needs_the_hash_that_let_somebody_in_and_an_active_account(accounts):
    await added(accounts, "root", "admin")
    row = await added(accounts, password="hash")
    assert not await accounts.add_session(session(row), password="another")
    assert await accounts.add_session(session(row), password="hash")
    assert not await accounts.set_password(row.id, "new", old="another")
    assert await accounts.set_password(row.id, "once", old="hash", once_until=NOW + rules.ONE_TIME)
    assert await accounts.add_session(session(row, "one"), password="once")
    assert not await accounts.add_session(session(row, "two"), password="once")
    assert (await accounts.account(row.id)).password == ""
    await accounts.change(row.id, revision=1, active=False)
    assert not await accounts.add_session(session(row, "three"))


async def test_tokens_made_with_a_password_of_an_admins_end_with_it(accounts):
    row = await added(accounts)
    await accounts.set_password(row.id, "once", once_until=NOW + rules.ONE_TIME)
    older, made, kept = (
        token(row, secret, created_at=NOW + timedelta(seconds=seconds))
        for secret, seconds in (("older", -1), ("made", 0), ("kept", 5))
    )
    for each in (older, made, kept):
        await accounts.add_token(each)
    await accounts.set_password(row.id, "own", but=kept.id)
    assert {each.id for each in await accounts.tokens(row.id)} == {older.id, kept.id}
    await accounts.set_password(row.id, "another")
    assert {each.id for each in await accounts.tokens(row.id)} == {older.id, kept.id}


async def test_a_login_is_taken_once_whatever_its_capitals(accounts):
    row = await added(accounts, "han.meimei")
    for other in (account("HAN.Meimei"), account("other", id=row.id)):
        with pytest.raises(LoginTakenError):
            await accounts.add(other)


async def test_accounts_come_in_pages_by_login_and_are_found_by_parts(accounts):
    rows = [await added(accounts, login, name=f"Name {login}") for login in ("b_b", "a%a", "C.c", "d-d")]
    page, after = await accounts.accounts(limit=3)
    assert [each.login for each in page] == ["a%a", "b_b", "C.c"]
    rest, end = await accounts.accounts(limit=3, after=after)
    assert ([each.login for each in rest], end) == (["d-d"], None)
    assert (await accounts.accounts(search="%", limit=9))[0] == [rows[1]]
    assert (await accounts.accounts(search="NAME C", limit=9))[0] == [rows[2]]
    assert await accounts.accounts(search="\0nobody", limit=9) == ([], None)


async def test_the_first_admin_comes_with_a_setup_code_once(accounts):
    await accounts.add_code(digest_of("setup"), account_id=None, expires_at=NOW + rules.SETUP_LIFE)
    await accounts.add_code(digest_of("second"), account_id=None, expires_at=NOW + rules.SETUP_LIFE)
    await added(accounts, "taken")
    assert not await accounts.has_admin()
    assert not await accounts.add_first_admin(account("root", "admin"), digest_of("wrong"), NOW)
    assert not await accounts.add_first_admin(account("root", "admin"), digest_of("setup"), NOW + rules.SETUP_LIFE)
    with pytest.raises(LoginTakenError):
        await accounts.add_first_admin(account("taken", "admin"), digest_of("setup"), NOW)
    assert await accounts.add_first_admin(account("root", "admin"), digest_of("setup"), NOW)
    assert await accounts.has_admin()
    assert not await accounts.add_first_admin(account("late", "admin"), digest_of("second"), NOW)
    assert await accounts.by_login("late") is None


async def test_of_two_who_set_up_at_once_one_becomes_admin(accounts):
    for code in ("one", "two"):
        await accounts.add_code(digest_of(code), account_id=None, expires_at=NOW + rules.SETUP_LIFE)
    each = [accounts.add_first_admin(account(f"root-{code}", "admin"), digest_of(code), NOW) for code in ("one", "two")]
    assert sorted(await asyncio.gather(*each)) == [False, True]


async def test_an_account_is_changed_by_who_saw_it_and_its_sessions_end_with_its_role(accounts):
    await added(accounts, "root", "admin")
    row = await added(accounts, "li.lei")
    await accounts.add_session(session(row))
    renamed = await accounts.change(row.id, revision=1, name="Li Lei")
    assert renamed == msgspec.structs.replace(row, name="Li Lei", revision=2)
    assert await accounts.sessions(row.id, NOW)
    with pytest.raises(AccountChangedError):
        await accounts.change(row.id, revision=1, role="viewer")
    assert (await accounts.change(row.id, revision=2, role="viewer")).role == "viewer"
    assert await accounts.sessions(row.id, NOW) == []
    assert await accounts.change(uuid4(), revision=1, role="viewer") is None


async def test_the_last_admin_stays_one(accounts):
    root = await added(accounts, "root", "admin")
    for change in ({"role": "releaser"}, {"active": False}):
        with pytest.raises(LastAdminError):
            await accounts.change(root.id, revision=1, **change)
    second = await added(accounts, "second", "admin")
    for row in (root, second):
        await accounts.add_session(session(row, row.login))
    results = await asyncio.gather(
        *(accounts.change(row.id, revision=1, active=False) for row in (root, second)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in results) == ["AccountRow", "LastAdminError"]
    assert await accounts.has_admin()


async def test_who_is_put_out_of_use_is_nobody_at_once(accounts):
    await added(accounts, "root", "admin")
    row = await added(accounts, "li.lei")
    await accounts.add_session(session(row))
    await accounts.add_token(made := token(row))
    await accounts.add_code(digest_of("c"), account_id=row.id, expires_at=NOW + rules.SIGN_IN_CODE_LIFE)
    assert (await accounts.token(made.id, made.digest, NOW)).account == row
    await accounts.change(row.id, revision=1, active=False)
    assert await accounts.session(digest_of("s"), NOW) is None
    assert await accounts.token(made.id, made.digest, NOW) is None
    assert not await accounts.token_lives(made.id, NOW)
    assert await accounts.use_code(digest_of("c"), NOW) is None


async def test_a_new_password_ends_every_session_but_the_one_that_set_it(accounts):
    row = await added(accounts)
    kept, other = session(row, "kept"), session(row, "other")
    for each in (kept, other):
        await accounts.add_session(each)
    await accounts.set_password(row.id, "new", but=kept.id)
    assert [each.id for each in await accounts.sessions(row.id, NOW)] == [kept.id]
    await accounts.set_password(row.id, "once", once_until=NOW + rules.ONE_TIME)
    assert await accounts.sessions(row.id, NOW) == []
    found = await accounts.account(row.id)
    assert (found.password, found.once_until) == ("once", NOW + rules.ONE_TIME)
    await accounts.rehash(row.id, old="another", new="x")
    await accounts.rehash(row.id, old="once", new="newer")
    assert (await accounts.account(row.id)).password == "newer"


async def test_a_session_ends_when_idle_or_old_and_is_seen_to_the_minute(accounts):
    row = await added(accounts)
    made = session(row)
    await accounts.add_session(made)
    assert (await accounts.session(made.digest, NOW + timedelta(seconds=59))).session.seen_at == NOW
    later = NOW + timedelta(hours=11)
    found = await accounts.session(made.digest, later)
    assert (found.session.seen_at, found.account) == (later, row)
    assert await accounts.session(made.digest, later + rules.IDLE) is None
    assert not await accounts.session_lives(made.id, later + rules.IDLE)
    assert await accounts.session_lives(made.id, later + rules.IDLE - timedelta(seconds=1))
    now = NOW
    while now < NOW + rules.LIFE - timedelta(hours=10):
        now += timedelta(hours=10)
        assert await accounts.session(made.digest, now) is not None, now
    assert await accounts.session(made.digest, NOW + rules.LIFE) is None
    assert await accounts.sessions(row.id, NOW + rules.LIFE) == []
    assert await accounts.session(digest_of("never"), NOW) is None


async def test_a_session_is_ended_by_its_owner_alone(accounts):
    row, other = await added(accounts), await added(accounts, "other")
    made = session(row)
    await accounts.add_session(made)
    assert not await accounts.end_session(other.id, made.id)
    assert await accounts.end_session(row.id, made.id)
    assert not await accounts.end_session(row.id, made.id)
    assert await accounts.session(made.digest, NOW) is None


async def test_of_too_many_sessions_the_one_silent_longest_ends(accounts):
    row = await added(accounts)
    made = [
        session(row, str(number), seen_at=NOW + timedelta(seconds=number)) for number in range(rules.SESSIONS_MAX + 2)
    ]
    for each in made:
        await accounts.add_session(each)
    left = await accounts.sessions(row.id, NOW + timedelta(hours=1))
    assert [each.id for each in left] == [each.id for each in reversed(made[2:])]


async def test_a_token_proves_its_owner_until_it_ends(accounts):
    row, other = await added(accounts), await added(accounts, "other")
    made = token(row, scopes=("read", "write"))
    await accounts.add_token(made)
    found = await accounts.token(made.id, made.digest, NOW)
    assert (found.account, found.token.scopes, found.token.used_at) == (row, ("read", "write"), NOW)
    assert await accounts.token(made.id, digest_of("guess"), NOW) is None
    assert await accounts.token(uuid4(), made.digest, NOW) is None
    assert await accounts.token(made.id, made.digest, made.expires_at) is None
    assert [each.id for each in await accounts.tokens(row.id)] == [made.id]
    assert not await accounts.end_token(other.id, made.id)
    assert await accounts.end_token(row.id, made.id)
    assert await accounts.token(made.id, made.digest, NOW) is None


async def test_an_account_has_so_many_tokens_and_no_more(accounts):
    row = await added(accounts)
    for number in range(rules.TOKENS_MAX):
        await accounts.add_token(token(row, str(number)))
    with pytest.raises(TooManyTokensError):
        await accounts.add_token(token(row, "more"))


async def test_a_sign_in_code_is_used_once(accounts):
    row = await added(accounts)
    end = NOW + rules.SIGN_IN_CODE_LIFE
    for code in ("a", "b"):
        await accounts.add_code(digest_of(code), account_id=row.id, expires_at=end)
    await accounts.add_code(digest_of("setup"), account_id=None, expires_at=end)
    assert await accounts.use_code(digest_of("a"), NOW) == row
    assert await accounts.use_code(digest_of("a"), NOW) is None
    assert await accounts.use_code(digest_of("b"), end) is None
    assert await accounts.use_code(digest_of("setup"), NOW) is None


async def test_what_was_decided_is_a_chain(accounts):
    await accounts.say([decision("one"), decision("two", actor=None, outcome="failed")])
    await asyncio.gather(*(accounts.say([decision("three")]) for _ in range(5)))
    await accounts.say([])
    rows = await accounts.audit_from(1, limit=100)
    assert [row.position for row in rows] == list(range(1, 8))
    assert first_break(rows) is None
    assert await accounts.audit_from(3, limit=2) == rows[2:4]
    assert await accounts.audit_from(2, limit=2, actor=UUID(int=5)) == rows[2:4]
    assert await accounts.audit_from(1, limit=2, outcome="failed") == [rows[1]]
    assert await accounts.audit(limit=2) == rows[:-3:-1]
    assert await accounts.audit(limit=9, before=3) == rows[1::-1]
    assert await accounts.audit(limit=9, outcome="failed") == [rows[1]]
    assert len(await accounts.audit(limit=9, actor=UUID(int=5))) == 6


@pytest.mark.real
async def test_what_was_said_is_never_changed_and_what_is_forged_shows(postgres_dsn):
    schema = "a_forged"
    kept = await PostgresAccounts.open(postgres_dsn, schema)
    async with kept._asking() as connection:
        await connection.execute(f"drop schema if exists {schema} cascade")
    await kept.migrate()
    await kept.say([decision(str(number)) for number in range(5)])
    async with kept._asking() as connection:
        for forgery in ("update audit set action = 'x' where position = 3", "delete from audit", "truncate audit"):
            with pytest.raises(asyncpg.RaiseError, match="only added to"):
                await connection.execute(forgery)
        await connection.execute("alter table audit disable trigger audit_stays")
        await connection.execute("update audit set outcome = 'denied' where position = 3")
    assert first_break(await kept.audit_from(1, limit=9)) == 3
    async with kept._asking() as connection:
        await connection.execute("delete from audit where position = 3")
    assert first_break(await kept.audit_from(1, limit=9)) == 3
    async with kept._asking() as connection:
        await connection.execute("insert into migration (number) values (9999)")
    with pytest.raises(SchemaNewerError, match="9999"):
        await kept.migrate()
    async with kept._asking() as connection:
        await connection.execute(f"drop schema {schema} cascade")
    await kept.close()


@pytest.mark.real
async def test_a_schema_that_is_not_there_is_an_outage(postgres_dsn):
    kept = await PostgresAccounts.open(postgres_dsn, "a_missing")
    with pytest.raises(AccountsAwayError):
        await kept.has_admin()
    await kept.close()
