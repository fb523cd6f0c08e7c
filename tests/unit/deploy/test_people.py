"""Who is there first: the local admin with a token in the home, or an invitation for whoever runs a real server."""

from __future__ import annotations

import asyncio
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from people import account

from deploy import people
from deploy.people import LOCAL_ADMIN, come_first, prepare
from deploy.settings import Settings
from storage.accounts.memory import MemoryAccounts
from storage.accounts.rules import SETUP_LIFE
from storage.accounts.secrets import digest_of, read_token

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def owner_of(accounts: MemoryAccounts, path: Path, now: datetime):
    said = read_token(path.read_text())  # noqa: ASYNC240  a line
    found = await accounts.token(said.id, digest_of(said.secret), now)
    return found and found.account


async def test_an_embedded_stack_has_an_admin_and_keeps_a_token_for_its_user_alone(tmp_path):
    path, accounts = tmp_path / "token", MemoryAccounts()
    settings = Settings(local_token_file=path)
    await prepare(settings, accounts, NOW)
    owner = await owner_of(accounts, path, NOW)
    assert (owner.id, owner.role, owner.password) == (LOCAL_ADMIN, "admin", "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    await prepare(settings, accounts, NOW)
    assert path.read_text() == before


@pytest.mark.parametrize("lost", ["", "mo_nonsense", None])
async def test_a_token_that_was_lost_is_made_anew_and_the_old_one_ends(tmp_path, lost):
    path, accounts = tmp_path / "token", MemoryAccounts()
    settings = Settings(local_token_file=path)
    await prepare(settings, accounts, NOW)
    if lost is None:
        path.unlink()
    else:
        path.write_text(lost)
    await prepare(settings, accounts, NOW)
    assert (await owner_of(accounts, path, NOW)).id == LOCAL_ADMIN
    assert len(await accounts.tokens(LOCAL_ADMIN)) == 1


async def test_a_token_is_replaced_before_it_ends(tmp_path):
    path, accounts = tmp_path / "token", MemoryAccounts()
    settings = Settings(local_token_file=path)
    await prepare(settings, accounts, NOW)
    later = NOW + timedelta(days=340)
    await prepare(settings, accounts, later)
    assert (await owner_of(accounts, path, NOW + timedelta(days=700))).id == LOCAL_ADMIN


async def test_a_real_server_has_no_admin_but_an_invitation_that_holds_a_day(capsys):
    accounts = MemoryAccounts()
    settings = Settings(api_port=8080)
    await prepare(settings, accounts, NOW)
    assert await accounts.account(LOCAL_ADMIN) is None
    await come_first(settings, accounts, lambda: NOW)
    (secret,) = re.findall(r"^    ([0-9a-f]{64})$", capsys.readouterr().err, re.M)
    assert not await accounts.add_first_admin(account("late", "admin"), digest_of(secret), NOW + SETUP_LIFE)
    assert await accounts.add_first_admin(account("root", "admin"), digest_of(secret), NOW)
    await come_first(settings, accounts, lambda: NOW)
    assert capsys.readouterr().err == ""


async def test_an_embedded_stack_invites_nobody(tmp_path, capsys):
    await come_first(Settings(local_token_file=tmp_path / "token"), MemoryAccounts(), lambda: NOW)
    assert capsys.readouterr().err == ""


async def test_the_invitation_waits_for_the_database(monkeypatch, capsys):
    monkeypatch.setattr(people, "AGAIN_S", 0.01)
    accounts = MemoryAccounts()
    accounts.away = True
    inviting = asyncio.create_task(come_first(Settings(), accounts, lambda: NOW))
    await asyncio.sleep(0.03)
    assert not inviting.done()
    accounts.away = False
    await inviting
    assert "setup token" in capsys.readouterr().err
