"""Who takes which job: fair, deterministic, seldom the same job twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from agents.scheduling import Peer, fair_order, plan
from agents.table import JobTable, Lane
from schemas.envelope import NAMESPACE, Envelope
from schemas.events import DatasetImportRequested, JobClaimed
from schemas.values import ObjectRef

START = datetime(2026, 1, 1, tzinfo=UTC)
LANE = Lane("cpu-light", None)


def id_of(*parts: object) -> UUID:
    return uuid5(NAMESPACE, "/".join(map(str, parts)))


def ask(table: JobTable, owner: str, number: int, *, second: int, platform: str | None = None) -> UUID:
    job = id_of(owner, number)
    event = DatasetImportRequested(
        job_id=job,
        resource="cpu-light",
        platform=platform,  # type: ignore[arg-type]
        dataset_id=job,
        package=ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1),
        format="imagefolder",
    )
    table.take(
        Envelope(
            id=job,
            event=event,
            time=START + timedelta(seconds=second),
            source="test",
            actor=id_of(owner),
            fold_version=1,
        ),
        0,
    )
    return job


def claim(table: JobTable, job: UUID, instance: UUID) -> None:
    event = JobClaimed(job_id=job, epoch=1, agent="a", instance=instance)
    table.take(Envelope(id=job, event=event, time=START, source="t", actor=job, fold_version=1), 0)


def peer(name: str, free: int = 1, platform: str = "nvidia") -> Peer:
    return Peer(id_of("agent", name), platform, {"cpu-light": free})  # type: ignore[arg-type]


def nothing_skipped(_: UUID) -> bool:
    return False


def test_users_take_turns_and_each_users_jobs_stay_in_order():
    table = JobTable()
    many = [ask(table, "many", n, second=n) for n in range(5)]
    few = [ask(table, "few", n, second=100 + n) for n in range(2)]
    assert list(fair_order(table, [LANE], 100)) == [many[0], few[0], many[1], few[1], *many[2:]]


def test_a_user_with_running_jobs_waits_for_one_without():
    table = JobTable()
    first = ask(table, "many", 0, second=0)
    second = ask(table, "many", 1, second=1)
    other = ask(table, "few", 0, second=50)
    claim(table, first, id_of("agent", "x"))
    assert list(fair_order(table, [LANE], 100)) == [other, second]
    assert list(fair_order(table, [LANE], 1)) == [other]


@given(st.integers(1, 12), st.integers(1, 12))
def test_agents_with_one_view_never_want_the_same_job_at_once(jobs: int, agents: int):
    table = JobTable()
    for number in range(jobs):
        ask(table, f"user{number % 3}", number, second=number)
    peers = [peer(str(number)) for number in range(agents)]
    wanted = [
        intent.job
        for me in peers
        for intent in plan(
            table, "cpu-light", me, [each for each in peers if each != me], skip=nothing_skipped, user_running_max=100
        )
        if intent.delay_s == 0
    ]
    assert len(wanted) == len(set(wanted))
    assert len(wanted) == min(jobs, agents)


def test_whoever_is_not_matched_stands_by():
    table = JobTable()
    job = ask(table, "user", 0, second=0)
    peers = [peer(str(number)) for number in range(4)]
    delays = sorted(
        intent.delay_s
        for me in peers
        for intent in plan(
            table, "cpu-light", me, [each for each in peers if each != me], skip=nothing_skipped, user_running_max=100
        )
        if intent.job == job
    )
    assert delays[0] == 0
    assert delays[1:] == sorted(set(delays[1:]))
    assert min(delays[1:]) > 0


def test_a_job_for_another_platform_and_a_busy_agent_are_left_out():
    table = JobTable()
    ask(table, "user", 0, second=0, platform="ascend")
    assert plan(table, "cpu-light", peer("n"), [], skip=nothing_skipped, user_running_max=9) == []
    assert plan(table, "cpu-light", peer("a", 0, "ascend"), [], skip=nothing_skipped, user_running_max=9) == []
    assert len(plan(table, "cpu-light", peer("a", 1, "ascend"), [], skip=nothing_skipped, user_running_max=9)) == 1
    assert plan(table, "cpu-light", peer("a", 1, "ascend"), [], skip=lambda _: True, user_running_max=9) == []
