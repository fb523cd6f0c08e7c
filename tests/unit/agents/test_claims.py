"""Leases: they run out for the dead, never for those whom we could not hear."""

from __future__ import annotations

from uuid import UUID

from agents.claims import Expiry, Leases

JOB = UUID(int=1)


def watch(leases: Leases, until_s: float, *, start_s: float = 0.0, seen: bool = True, patience_s: float = 0.0) -> list:
    """Look twice a second, as the job loop does; what ran out and when."""
    found: list[tuple[float, Expiry]] = []
    now = start_s
    while now <= until_s:
        found += [(now, each) for each in leases.expired(now, lambda _: seen, lambda _: patience_s)]
        now += 0.5
    return found


def test_a_silent_job_expires_after_its_lease():
    leases = Leases(3.0)
    watch(leases, 0)
    leases.begin(JOB, 1, 0, 0.0)
    assert watch(leases, 3.0) == [(3.0, Expiry(JOB, 1, progressed=False))]


def test_heartbeats_keep_it_and_a_larger_step_is_progress():
    leases = Leases(3.0)
    watch(leases, 0)
    leases.begin(JOB, 1, 0, 0.0)
    leases.heard(JOB, 1, 0, 1.0)
    watch(leases, 2.0)
    leases.heard(JOB, 1, 0, 2.5)
    assert watch(leases, 5.0, start_s=2.5) == []
    assert watch(leases, 5.5, start_s=5.5) == [(5.5, Expiry(JOB, 1, progressed=False))]
    leases.begin(JOB, 2, 0, 5.5)
    leases.heard(JOB, 2, 4, 6.0)
    assert watch(leases, 9.0, start_s=6.0) == [(9.0, Expiry(JOB, 2, progressed=True))]


def test_an_older_epochs_heartbeat_is_nobodys():
    leases = Leases(3.0)
    watch(leases, 0)
    leases.begin(JOB, 2, 0, 0.0)
    leases.heard(JOB, 1, 9, 2.0)
    assert watch(leases, 3.0) == [(3.0, Expiry(JOB, 2, progressed=False))]


def test_the_clock_stands_still_while_the_log_does_not_answer():
    leases = Leases(3.0)
    watch(leases, 0)
    leases.begin(JOB, 1, 0, 0.0)
    assert watch(leases, 60.0, seen=False) == []
    assert watch(leases, 62.5, start_s=60.5) == []
    assert watch(leases, 63.0, start_s=63.0) == [(63.0, Expiry(JOB, 1, progressed=False))]


def test_a_stopped_watcher_starts_anew():
    leases = Leases(3.0)
    watch(leases, 1.0)
    leases.begin(JOB, 1, 0, 1.0)
    assert watch(leases, 100.0, start_s=100.0) == []
    assert watch(leases, 103.0, start_s=100.5)[0][0] == 103.0


def test_witnesses_speak_one_after_another_and_again_only_much_later():
    leases = Leases(3.0)
    watch(leases, 0)
    leases.begin(JOB, 1, 0, 0.0)
    assert [at for at, _ in watch(leases, 8.0, patience_s=1.0)] == [4.0, 7.0]
    leases.forget(JOB)
    assert watch(leases, 20.0, start_s=8.5) == []
