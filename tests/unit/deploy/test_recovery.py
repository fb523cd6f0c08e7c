"""Whoever runs Mo lets somebody in again: a password for one sign-in, said in the audit, and nothing else changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from people import account, passwords, session

from deploy.recovery import ACTION, PLACE, UnknownLoginError, recovered
from storage.accounts.memory import MemoryAccounts
from storage.accounts.rules import ONE_TIME

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


async def test_a_lost_password_is_replaced_by_one_that_lets_in_once():
    lost, hashes = account("root", "admin", password="old"), passwords()
    kept, _ = session(lost, NOW)
    accounts = MemoryAccounts(lost, kept)
    found = await recovered(accounts, "ROOT", hashes, NOW)
    now = await accounts.account(lost.id)
    assert (found.login, found.role, found.expires_at) == ("root", "admin", NOW + ONE_TIME)
    assert (await hashes.check(now.password, found.password)).right
    assert now.once_until == found.expires_at
    assert not await accounts.sessions(lost.id, NOW)
    (entry,) = await accounts.audit(limit=9)
    assert (entry.actor, entry.action, entry.object, entry.address) == (None, ACTION, str(lost.id), PLACE)


@pytest.mark.parametrize("admin", [False, True])
async def test_only_when_asked_the_account_is_an_active_admin_then(admin: bool):
    viewer = account("li", "viewer", active=False)
    accounts = MemoryAccounts(viewer)
    found = await recovered(accounts, "li", passwords(), NOW, admin=admin)
    now = await accounts.account(viewer.id)
    assert (found.role, now.active) == (("admin", True) if admin else ("viewer", False))
    assert found.active is now.active


async def test_nobody_is_made_up():
    accounts = MemoryAccounts()
    with pytest.raises(UnknownLoginError):
        await recovered(accounts, "nobody", passwords(), NOW)
    assert not await accounts.audit(limit=9)
