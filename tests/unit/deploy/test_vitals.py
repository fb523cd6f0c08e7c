"""What the projector and agents tell Prometheus."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from agents.tally import SECONDS, Tally
from consumers.projector import Tally as ProjectorTally
from deploy.vitals import AgentVitals, LoopLag, ProjectorVitals
from storage.log.port import Partition


def said(vitals: object) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(vitals)
    lines = generate_latest(registry).decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def agent(**changed: object) -> SimpleNamespace:
    job = SimpleNamespace(state="queued", resource="device", platform="nvidia")
    other = SimpleNamespace(state="running", resource="cpu-heavy", platform=None)
    live = {number: SimpleNamespace(job=each) for number, each in enumerate((job, job, other))}
    view = SimpleNamespace(table=SimpleNamespace(live=live), sees_everything=lambda: True)
    return SimpleNamespace(tally=Tally(), view=view, **changed)


def test_an_agent_tells_what_it_sees_and_what_it_did() -> None:
    worker = agent()
    worker.tally.claims_won, worker.tally.claims_lost, worker.tally.leases_expired = 3, 1, 2
    for seconds in (0.4, 7.0, 7200.0):
        worker.tally.attempted("ConversionRequested", seconds)
    lines = said(AgentVitals(worker))
    assert lines['mo_agent_jobs{platform="nvidia",resource="device",state="queued"}'] == 2
    assert lines['mo_agent_jobs{platform="",resource="cpu-heavy",state="running"}'] == 1
    assert lines['mo_agent_claims_total{outcome="won"}'] == 3
    assert lines['mo_agent_claims_total{outcome="lost"}'] == 1
    assert lines["mo_agent_leases_expired_total"] == 2
    buckets = [
        lines[f'mo_agent_attempt_seconds_bucket{{kind="ConversionRequested",le="{bound}"}}']
        for bound in (*SECONDS, "+Inf")
    ]
    assert buckets == [1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3]
    assert lines['mo_agent_attempt_seconds_sum{kind="ConversionRequested"}'] == pytest.approx(7207.4)


def test_an_agent_is_ready_when_it_sees_everything_and_not_before_it_began() -> None:
    worker = agent()
    assert AgentVitals(worker).state() == (False, {"sees_everything": False})
    worker.tally.began = True
    assert AgentVitals(worker).state() == (True, {"sees_everything": True})


def test_a_projector_tells_of_every_schema() -> None:
    tally = ProjectorTally()
    tally.records, tally.undecodable, tally.batches = 10, 1, 2
    partition = Partition("mo.jobs", 0)
    tally.lag.look(1.0, {partition: 5}, {partition: 3})
    tally.lag.look(3.5, {partition: 5}, {partition: 3})
    vitals = ProjectorVitals({"rm_v1": SimpleNamespace(tally=tally)})
    lines = said(vitals)
    assert lines['mo_projected_records_total{schema="rm_v1"}'] == 10
    assert lines['mo_projected_undecodable_total{schema="rm_v1"}'] == 1
    assert lines['mo_projection_lag_records{schema="rm_v1",topic="mo.jobs"}'] == 2
    assert lines['mo_projection_lag_seconds{schema="rm_v1",topic="mo.jobs"}'] == 2.5
    assert vitals.state() == (False, {"schemas": {"rm_v1": "starting"}})
    tally.state = "running"
    assert vitals.state()[0]
    assert not ProjectorVitals({}).state()[0]


def test_the_loops_lag_is_a_number() -> None:
    assert said(LoopLag()) == {"mo_event_loop_lag_seconds": 0.0}
