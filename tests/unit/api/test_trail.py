"""Decisions that come together are kept together; one that cannot be kept takes no other one with it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from people import bearer, people, token

from api.trail import Trail
from storage.accounts.port import AccountsAwayError
from storage.accounts.rows import Decision

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def decision(object_: str) -> Decision:
    return Decision(time=NOW, actor=None, action="try", object=object_, outcome="denied", address="")


class Picky:
    """Keeps what has no mark in it, all or none."""

    def __init__(self) -> None:
        self.kept, self.asked = people(), 0

    async def say(self, decisions):
        self.asked += 1
        if any("bad" in each.object for each in decisions):
            raise ValueError("cannot be kept")
        return await self.kept.say(decisions)


async def said(trail: Trail, *objects: str) -> list[object]:
    running = asyncio.create_task(trail.run())
    try:
        return await asyncio.gather(*(trail.say(decision(each)) for each in objects), return_exceptions=True)
    finally:
        running.cancel()


async def test_one_that_cannot_be_kept_takes_no_other_one_with_it():
    accounts = Picky()
    outcomes = await said(Trail(accounts), "a", "bad", "b")
    assert [type(each).__name__ for each in outcomes] == ["NoneType", "ValueError", "NoneType"]
    assert [each.object for each in accounts.kept.log] == ["a", "b"]


async def test_an_outage_is_said_to_all_and_asked_of_once():
    accounts = people()
    accounts.away = True
    outcomes = await said(Trail(accounts), "a", "b")
    assert all(isinstance(each, AccountsAwayError) for each in outcomes)
    assert accounts.log == []


async def test_what_a_database_cannot_keep_is_written_down_without_it(api, li_lei):
    row, text = token(li_lei, "read")
    await api.accounts.add_token(row)
    assert (await api.ask("DELETE", "/pth/a%00b", headers=bearer(text))).status == 403
    written = api.accounts.log[-1]
    assert (written.actor, written.outcome) == (li_lei.id, "denied")
    assert "\0" not in written.object
    assert written.object.startswith("a")
