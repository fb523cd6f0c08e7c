"""The fold of a job: every promise of the bus rests on it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.envelope import NAMESPACE, Envelope
from schemas.events import (
    Event,
    InferenceRequested,
    JobCancelled,
    JobCancelRequested,
    JobClaimed,
    JobFailed,
    JobLeaseExpired,
    JobResult,
)
from schemas.lifecycle import ATTEMPTS_MAX, BARREN_EXPIRIES_MAX, Job, counted, owned_by, step
from schemas.values import Code, ObjectRef, TronIdentity

JOB, OWNER = uuid5(NAMESPACE, "job"), uuid5(NAMESPACE, "owner")
A, B = uuid5(NAMESPACE, "a"), uuid5(NAMESPACE, "b")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OBJECT = ObjectRef(digest="sha256:" + "0" * 64, size_bytes=1)


class Done(JobResult, frozen=True, kw_only=True):
    """A stand-in for any result: the fold looks at nothing else of it."""


def say(event: Event) -> Envelope:
    return Envelope(id=uuid5(NAMESPACE, repr(event)), event=event, time=NOW, source="test", actor=OWNER, fold_version=1)


def request() -> Event:
    return InferenceRequested(
        job_id=JOB,
        resource="device",
        platform="nvidia",
        model_id=A,
        identity=TronIdentity("nvidia", "r", "n", "classification", "1"),
        tron=OBJECT,
        dataset_id=B,
        dataset_name="d",
        pack=OBJECT,
        batch_size=1,
    )


def claim(epoch: int, who: UUID = A) -> Event:
    return JobClaimed(job_id=JOB, epoch=epoch, agent=str(who)[:4], instance=who)


def done(epoch: int, who: UUID = A) -> Event:
    return Done(job_id=JOB, epoch=epoch, instance=who)


def failed(epoch: int, who: UUID = A, *, retriable: bool = False) -> Event:
    return JobFailed(job_id=JOB, epoch=epoch, instance=who, reason=Code(code="x"), retriable=retriable)


def expired(epoch: int, *, progressed: bool = False) -> Event:
    return JobLeaseExpired(job_id=JOB, epoch=epoch, progressed=progressed)


def cancelled(epoch: int, who: UUID = A) -> Event:
    return JobCancelled(job_id=JOB, epoch=epoch, instance=who)


CANCEL = JobCancelRequested(job_id=JOB)


def fold(*events: Event) -> Job | None:
    job: Job | None = None
    for event in events:
        job = step(job, say(event))
    return job


def state(*events: Event) -> str:
    job = fold(*events)
    assert job is not None
    return job.state


def test_the_good_day():
    job = fold(request(), claim(1), done(1))
    assert job is not None
    assert (job.state, job.epoch, job.owner, job.kind) == ("completed", 1, OWNER, "InferenceRequested")


def test_nothing_counts_before_the_request():
    assert fold(claim(1), done(1), CANCEL, expired(1)) is None


def test_of_two_claimers_the_first_in_the_log_wins():
    job = fold(request(), claim(1, A), claim(1, B))
    assert job is not None
    assert owned_by(job, 1, A)
    assert not owned_by(job, 1, B)


def test_a_claim_must_have_the_next_epoch():
    assert state(request(), claim(2)) == "queued"
    assert state(request(), claim(1), expired(1, progressed=True), claim(1, B)) == "queued"


def test_a_zombie_cannot_end_the_job():
    events = (request(), claim(1, A), expired(1, progressed=True), claim(2, B))
    assert state(*events, done(1, A)) == "running"
    assert state(*events, failed(1, A)) == "running"
    assert state(*events, done(1, A), done(2, B)) == "completed"


def test_a_restarted_agent_is_another_one():
    assert state(request(), claim(1, A), done(1, B)) == "running"


def test_expiry_and_completion_race_in_log_order():
    assert state(request(), claim(1), expired(1), done(1)) == "queued"
    assert state(request(), claim(1), done(1), expired(1)) == "completed"


def test_an_expiry_counts_once_an_epoch():
    job = fold(request(), claim(1), expired(1), expired(1), expired(1))
    assert job is not None
    assert (job.state, job.barren) == ("queued", 1)


def test_two_barren_expiries_quarantine_and_progress_forgives():
    barren: list[Event] = [request()]
    for epoch in range(1, BARREN_EXPIRIES_MAX + 1):
        barren += [claim(epoch), expired(epoch)]
    assert state(*barren) == "quarantined"
    assert (
        state(request(), claim(1), expired(1), claim(2), expired(2, progressed=True), claim(3), expired(3)) == "queued"
    )


def test_attempts_are_limited():
    events: list[Event] = [request()]
    for epoch in range(1, ATTEMPTS_MAX + 1):
        assert state(*events) == "queued"
        events += [claim(epoch), expired(epoch, progressed=True)]
    assert state(*events) == "quarantined"


def test_a_retriable_failure_goes_back_with_a_growing_pause():
    first = fold(request(), claim(1), failed(1, retriable=True))
    second = fold(request(), claim(1), failed(1, retriable=True), claim(2), failed(2, retriable=True))
    assert first is not None
    assert second is not None
    assert first.state == second.state == "queued"
    assert 0 < first.retry_after_ms < second.retry_after_ms
    assert state(request(), claim(1), failed(1)) == "failed"


def test_cancel_of_an_unclaimed_job_is_final_at_once():
    assert state(request(), CANCEL) == "cancelled"
    assert state(request(), CANCEL, claim(1)) == "cancelled"


@pytest.mark.parametrize(
    ("last", "end"),
    [
        (done(1), "completed"),
        (cancelled(1), "cancelled"),
        (expired(1), "cancelled"),
        (failed(1), "failed"),
        (failed(1, retriable=True), "cancelled"),
    ],
)
def test_after_a_cancel_the_first_ending_in_the_log_counts(last: Event, end: str):
    assert state(request(), claim(1), CANCEL, last) == end
    assert state(request(), claim(1), CANCEL, last, done(1), cancelled(1), expired(1)) == end


def test_nobody_cancels_by_himself():
    assert state(request(), claim(1), cancelled(1)) == "running"


EVENTS = st.sampled_from(
    [request(), CANCEL]
    + [claim(epoch, who) for epoch in (1, 2, 3) for who in (A, B)]
    + [make(epoch, who) for make in (done, cancelled, failed) for epoch in (1, 2) for who in (A, B)]
    + [expired(epoch, progressed=progressed) for epoch in (1, 2) for progressed in (False, True)]
    + [failed(1, A, retriable=True)]
)


@given(st.lists(EVENTS, max_size=25))
@settings(max_examples=400)
def test_whatever_is_said_one_owner_an_epoch_one_ending_and_no_way_back(events: list[Event]):
    job: Job | None = None
    owners: dict[int, UUID] = {}
    endings = 0
    for event in events:
        after = step(job, say(event))
        if job is not None and job.ended:
            assert not counted(job, after)
        if after is not None and after.state == "running":
            assert after.instance is not None
            assert owners.setdefault(after.epoch, after.instance) == after.instance
        if after is not None:
            assert after.epoch >= (job.epoch if job else 0)
            endings += after.ended and counted(job, after)
        job = after
    assert endings <= 1


@given(st.lists(EVENTS, max_size=15), st.data())
@settings(max_examples=400)
def test_an_event_delivered_again_right_away_changes_nothing(events: list[Event], data: st.DataObject):
    """A producer's or a consumer's duplicate follows its original within the partition."""
    at = data.draw(st.integers(0, max(len(events) - 1, 0)))
    doubled = events[: at + 1] + events[at : at + 1] + events[at + 1 :]
    assert fold(*doubled) == fold(*events)


@given(st.lists(st.tuples(st.integers(0, 2), EVENTS), max_size=40), st.randoms())
@settings(max_examples=200)
def test_the_order_between_jobs_does_not_matter(said: list[tuple[int, Event]], random):
    """Jobs lie in different partitions: any interleaving that keeps each job's own order gives the same jobs."""
    queues = {key: [event for owner, event in said if owner == key] for key in range(3)}
    straight = {key: fold(*events) for key, events in queues.items()}
    mixed: dict[int, Job | None] = dict.fromkeys(range(3))
    remaining = {key: list(events) for key, events in queues.items() if events}
    while remaining:
        key = random.choice(sorted(remaining))
        mixed[key] = step(mixed[key], say(remaining[key].pop(0)))
        if not remaining[key]:
            del remaining[key]
    assert mixed == straight
