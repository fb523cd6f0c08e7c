"""Hashing of passwords: right, wrong, nobody's, and how many at once."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from storage.accounts import hashing
from storage.accounts.hashing import BusyError, Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_a_password_is_right_or_wrong():
    passwords = Passwords(CHEAP)
    kept = await passwords.hash("红烧肉")
    assert kept.startswith("$argon2id$")
    assert await passwords.check(kept, "红烧肉") == (True, None)
    assert not (await passwords.check(kept, "红烧鱼")).right
    assert not (await passwords.check("no hash", "x")).right
    assert not (await passwords.check(kept, "\ud800")).right


async def test_nobody_has_a_password_and_it_takes_a_hash_to_say_so(monkeypatch):
    passwords = Passwords(CHEAP)
    verified = []
    monkeypatch.setattr(passwords, "_hasher", counting(verified))
    kept = await passwords.hash("x")
    await passwords.check(kept, "wrong")
    assert await passwords.check("", "wrong") == (False, None)
    assert len(verified) == 2


def counting(verified: list) -> PasswordHasher:
    class Counting(PasswordHasher):
        def verify(self, hash, password):  # noqa: A002
            verified.append(hash)
            return super().verify(hash, password)

    return Counting(time_cost=1, memory_cost=8, parallelism=1)


async def test_a_weaker_hash_is_made_anew_when_its_password_is_known():
    kept = await Passwords(CHEAP).hash("x")
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    right, newer = await stronger.check(kept, "x")
    assert right
    assert newer is not None
    assert await stronger.check(newer, "x") == (True, None)
    assert await stronger.check(kept, "y") == (False, None)


async def test_only_so_many_are_hashed_at_once_and_so_many_wait(monkeypatch):
    monkeypatch.setattr(hashing, "WAITING_MAX", 6)
    passwords = Passwords(CHEAP)
    for _ in range(hashing.AT_ONCE_MAX):
        await passwords._free.acquire()
    waiting = [asyncio.create_task(passwords.hash("x")) for _ in range(6)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await passwords.hash("x")
    for _ in range(hashing.AT_ONCE_MAX):
        passwords._free.release()
    assert len(await asyncio.gather(*waiting)) == 6
    await passwords.hash("x")


def test_the_parameters_are_those_of_the_standard():
    hasher = Passwords()._hasher
    assert (hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (64 << 10, 3, 4)
    assert hasher.type.name == "ID"
