"""Job events become one row a job, and what a job made only when its result counted."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from consumers.projection.jobs import fold, known, subject_of
from consumers.projection.reading import read
from schemas.events import (
    CATALOGUE,
    JobCancelled,
    JobCancelRequested,
    JobFailed,
    JobLeaseExpired,
    JobRequest,
)
from schemas.lifecycle import ATTEMPTS_MAX, Job
from schemas.values import Code, ObjectRef

BROKEN = Code(code="broken", params={"why": "so"})


@pytest.fixture
def tell(teller):
    return teller()


def project(tell, *events, before=None):
    return fold(before or {}, [read(tell.record(event)) for event in events])


def row(tell, *events):
    return project(tell, *events).jobs[tell.id("j")].row


def failed(tell, epoch=1, *, retriable):
    return JobFailed(job_id=tell.id("j"), epoch=epoch, instance=tell.id("p"), reason=BROKEN, retriable=retriable)


def expired(tell, epoch, *, progressed=False):
    return JobLeaseExpired(job_id=tell.id("j"), epoch=epoch, progressed=progressed)


def test_a_request_is_a_queued_job_that_keeps_the_request_as_it_was_said(tell):
    record = tell.record(tell.conversion("j"), request_digest="d")
    made = fold({}, [read(record)]).jobs[tell.id("j")].row
    assert (made.state, made.kind, made.epoch, made.request_digest) == ("queued", "ConversionRequested", 0, "d")
    assert (made.request, made.subject_id) == (record.value, tell.id("model of j"))
    assert made.requested_at == made.updated_at == tell.noon + timedelta(seconds=1)
    assert msgspec.msgpack.decode(made.fold, type=Job).state == "queued"


def test_a_counted_result_completes_and_leaves_a_product(tell):
    told = [tell.record(e) for e in (tell.conversion("j"), tell.claimed("j"), tell.converted("j"))]
    worked = fold({}, map(read, told))
    (product,) = worked.products
    made = worked.jobs[tell.id("j")].row
    assert (made.state, made.result, made.reason, made.at.offset) == ("completed", told[2].value, None, 2)
    assert (product.kind, product.entity_id) == ("revision", tell.id("model of j"))
    assert (product.document, product.digest, product.at) == (told[2].value, tell.object.digest, made.at)
    assert product.uses == [str(tell.id("structure"))]


def test_an_import_makes_a_dataset_version(tell):
    (product,) = project(tell, tell.dataset_import("j"), tell.claimed("j"), tell.imported("j")).products
    assert (product.kind, product.entity_id, product.uses) == ("dataset_version", tell.id("dataset of j"), [])


@pytest.mark.parametrize(("epoch", "process"), [(1, "zombie"), (2, "p")])
def test_a_zombies_result_leaves_nothing(tell, epoch, process):
    worked = project(tell, tell.conversion("j"), tell.claimed("j"), tell.converted("j", epoch, process))
    assert worked.products == []
    assert worked.jobs[tell.id("j")].row.state == "running"
    assert worked.jobs[tell.id("j")].row.result is None


def test_a_late_result_of_an_expired_epoch_leaves_nothing(tell):
    worked = project(
        tell,
        tell.conversion("j"),
        tell.claimed("j"),
        expired(tell, 1, progressed=True),
        tell.claimed("j", 2, "q"),
        tell.converted("j", 1, "p"),
    )
    assert worked.products == []
    assert worked.jobs[tell.id("j")].row.epoch == 2


@pytest.mark.parametrize("forged", ["another model", "another kind"])
def test_a_result_that_does_not_fit_the_job_makes_nothing(tell, forged):
    result = msgspec.structs.replace(tell.converted("j"), model_id=tell.id("not asked for"))
    if forged == "another kind":
        result = tell.imported("j")
    worked = project(tell, tell.conversion("j"), tell.claimed("j"), result)
    assert worked.products == []
    assert worked.jobs[tell.id("j")].row.state == "completed"


def test_reasons_are_those_of_the_attempt_that_ended(tell):
    asked = tell.conversion("j")
    wanted = msgspec.json.encode(BROKEN)
    assert row(tell, asked, tell.claimed("j"), failed(tell, retriable=False)).reason == wanted
    assert row(tell, asked, tell.claimed("j"), failed(tell, retriable=True)).reason == wanted
    again = row(tell, asked, tell.claimed("j"), failed(tell, retriable=True), tell.claimed("j", 2))
    assert (again.state, again.reason) == ("running", None)


def test_two_barren_leases_are_quarantine(tell):
    events = [tell.conversion("j"), tell.claimed("j"), expired(tell, 1), tell.claimed("j", 2), expired(tell, 2)]
    made = row(tell, *events)
    assert made.state == "quarantined"
    assert msgspec.json.decode(made.reason, type=Code) == Code(code="lease_expired_twice", params={"leases": "2"})


def test_too_many_attempts_are_quarantine(tell):
    events = [tell.conversion("j")]
    for epoch in range(1, ATTEMPTS_MAX + 1):
        events += [tell.claimed("j", epoch), failed(tell, epoch, retriable=True)]
    made = row(tell, *events)
    assert made.state == "quarantined"
    said = Code(code="attempts_exhausted", params={"attempts": str(ATTEMPTS_MAX), "last": "broken"})
    assert msgspec.json.decode(made.reason, type=Code) == said


def test_a_cancelled_job_needs_no_reason(tell):
    cancel = JobCancelRequested(job_id=tell.id("j"))
    done = JobCancelled(job_id=tell.id("j"), epoch=1, instance=tell.id("p"))
    asked = (tell.conversion("j"), tell.claimed("j"), cancel)
    assert row(tell, *asked).cancelling
    assert row(tell, *asked, done).state == "cancelled"
    ended = row(tell, *asked, failed(tell, retriable=True))
    assert (ended.state, ended.reason) == ("cancelled", None)


def test_folding_on_from_the_row_is_folding_at_once(tell, teller):
    events = [tell.conversion("j"), tell.claimed("j"), tell.converted("j")]
    whole = project(tell, *events)
    parts, teller_of_parts, product = {}, teller(), []
    for event in events:
        worked = project(teller_of_parts, event, before=parts)
        parts = {id_: known(each.row) for id_, each in worked.jobs.items()}
        product += worked.products
    assert parts == whole.jobs
    assert product == whole.products


def test_what_does_not_count_changes_no_row(tell):
    asked = project(tell, tell.conversion("j"))
    assert project(tell, tell.conversion("j"), tell.converted("j"), before=asked.jobs).jobs == {}
    assert project(tell, tell.claimed("unheard of")).jobs == {}


def test_a_clock_that_is_behind_does_not_take_the_update_back(tell):
    early = tell.record(tell.claimed("j"), time=tell.noon - timedelta(days=1))
    worked = fold(project(tell, tell.conversion("j")).jobs, [read(early)])
    assert worked.jobs[tell.id("j")].row.updated_at == tell.noon + timedelta(seconds=2)


@pytest.mark.parametrize("event", [each for each in CATALOGUE.values() if issubclass(each, JobRequest)])
def test_every_request_has_a_subject(event):
    nothing = {field.name: None for field in msgspec.structs.fields(event) if field.required}
    assert subject_of(event(**nothing)) is None


def test_the_log_of_every_attempt_is_kept_also_over_batches(tell):
    logs = [ObjectRef(f"sha256:{f'{number:02x}' * 32}", number) for number in range(3)]
    again = msgspec.structs.replace(failed(tell, retriable=True), log=logs[1])
    first = project(tell, tell.conversion("j"), tell.claimed("j"), again)
    assert msgspec.json.decode(first.jobs[tell.id("j")].row.logs) == {"1": msgspec.to_builtins(logs[1])}
    before = {id_: known(each.row) for id_, each in first.jobs.items()}
    made = msgspec.structs.replace(tell.converted("j", 2), log=logs[2])
    row = project(tell, tell.claimed("j", 2), made, before=before).jobs[tell.id("j")].row
    assert msgspec.json.decode(row.logs, type=dict[int, ObjectRef]) == {1: logs[1], 2: logs[2]}


def test_a_zombies_log_is_not_the_attempts(tell):
    zombie = JobFailed(job_id=tell.id("j"), epoch=1, instance=tell.id("zombie"), reason=BROKEN, log=tell.object)
    assert row(tell, tell.conversion("j"), tell.claimed("j"), zombie).logs == b"{}"
