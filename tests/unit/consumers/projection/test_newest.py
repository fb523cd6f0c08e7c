"""Of progress and of agents' words only the newest stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from consumers.projection import agents, progress
from consumers.projection.reading import read
from schemas.events import AgentSeen, JobProgressed


@pytest.fixture
def tell(teller):
    return teller()


def at_work(tell, job: str, epoch: int, step: int) -> JobProgressed:
    return JobProgressed(
        job_id=tell.id(job), epoch=epoch, instance=tell.id("p"), agent="a", step=step, stage="export", fraction=0.5
    )


def test_the_newest_progress_of_each_job_stays(tell):
    told = [at_work(tell, "j", 1, 1), at_work(tell, "k", 1, 5), at_work(tell, "j", 1, 2)]
    rows = {row.job_id: row for row in progress.newest([read(tell.record(event)) for event in told])}
    assert (rows[tell.id("j")].step, rows[tell.id("k")].step) == (2, 5)
    assert (rows[tell.id("j")].stage, rows[tell.id("j")].fraction, rows[tell.id("j")].at) == ("export", 0.5, (0, 2))
    assert rows[tell.id("j")].seen_at == datetime.fromtimestamp(1_700_000_000.002, UTC)


def test_a_zombies_heartbeat_does_not_hide_the_owners_progress(tell):
    told = [at_work(tell, "j", 2, 1), at_work(tell, "j", 1, 9)]
    (row,) = progress.newest([read(tell.record(event)) for event in told])
    assert (row.epoch, row.step) == (2, 1)


def test_numbers_that_no_row_can_keep_are_cut(tell):
    (row,) = progress.newest([read(tell.record(at_work(tell, "j", 2**63, 2**64)))])
    assert (row.epoch, row.step) == (progress.COUNT_MAX, progress.COUNT_MAX)


def test_the_newest_word_of_each_agent_stays(tell):
    def seen(agent: str, state: str) -> AgentSeen:
        return AgentSeen(agent=agent, instance=tell.id(agent), platform="nvidia", slots={"device": 1}, state=state)

    records = [tell.record(seen("a", "ready")), tell.record(seen("b", "ready")), tell.record(seen("a", "stopped"))]
    rows = {row.agent: row for row in agents.newest(map(read, records))}
    assert set(rows) == {"a", "b"}
    assert (rows["a"].document, rows["a"].at.offset) == (records[2].value, 2)
