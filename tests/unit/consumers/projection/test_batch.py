"""Rows depend on the order within partitions only: not on how partitions interleave, nor on how records are batched."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.projection.batch import Projection, take_in
from schemas.events import (
    DatasetCreated,
    DatasetDeleted,
    DatasetEdited,
    JobCancelled,
    JobCancelRequested,
    JobFailed,
    JobLeaseExpired,
    JobProgressed,
)
from schemas.values import Code

PARTITIONS = 3
JOBS_EACH = 2
STEPS = st.tuples(
    st.sampled_from("RCCCEFXYDDP"),
    st.integers(0, JOBS_EACH - 1),
    st.integers(1, 3),
    st.sampled_from("pq"),
    st.booleans(),
)
STORY = st.lists(st.lists(STEPS, max_size=14), min_size=PARTITIONS, max_size=PARTITIONS)
CATALOGUE = st.lists(
    st.tuples(st.sampled_from("CCED"), st.integers(0, 3), st.sampled_from("abc"), st.integers(1, 3)), max_size=12
)


def event_of(tell, number: int, step: tuple):
    """The event of a step: anything may be said at any time, the fold decides what counts."""
    what, which, epoch, process, flag = step
    job = f"{number}-{which}"
    ours = {"job_id": tell.id(job), "epoch": epoch}
    by = {**ours, "instance": tell.id(process)}
    kinds = {
        "R": lambda: tell.conversion(job) if which else tell.dataset_import(job),
        "C": lambda: tell.claimed(job, epoch, process),
        "E": lambda: JobLeaseExpired(**ours, progressed=flag),
        "F": lambda: JobFailed(**by, reason=Code(code="broken"), retriable=flag),
        "X": lambda: JobCancelRequested(job_id=tell.id(job)),
        "Y": lambda: JobCancelled(**by),
        "D": lambda: (tell.converted if which else tell.imported)(job, epoch, process),
        "P": lambda: JobProgressed(**by, agent="a", step=epoch),
    }
    return kinds[what]()


def decision_of(tell, what: str, which: int, name: str, revision: int):
    """A decision about one of a few datasets."""
    ours = {"dataset_id": tell.id(which)}
    if what == "C":
        return DatasetCreated(**ours, name=name, type="classification")
    if what == "E":
        return DatasetEdited(**ours, expected_revision=revision, note=name)
    return DatasetDeleted(**ours, expected_revision=revision)


def records_of(tell, story, decisions, *, twice=False):
    """The records of each partition, in order; `twice`: every one is followed by its repetition."""
    partitions = []
    for number, steps in enumerate(story):
        # every job is asked for first now and then, or hardly anything would ever count
        steps = [("R", which, 1, "p", True) for which in range(JOBS_EACH)] + steps
        envelopes = [tell.envelope(event_of(tell, number, step)) for step in steps]
        partitions.append([tell.place(each, number) for each in envelopes for _ in range(1 + twice)])
    envelopes = [tell.envelope(decision_of(tell, *decision)) for decision in decisions]
    partitions.append([tell.place(each) for each in envelopes for _ in range(1 + twice)])
    return partitions


def project(store, batches, **limits):
    projection = Projection(**limits)
    for records in batches:
        intake = take_in(records)
        known = {id_: store.rows["jobs"][id_] for id_ in projection.missing_jobs(intake) if id_ in store.rows["jobs"]}
        projection.remember_jobs(known)
        rows = store.rows["entities"]
        projection.remember_entities({id_: rows[id_] for id_ in projection.missing_entities(intake) if id_ in rows})
        store.put(projection.project(intake, store.next))
    return store.rows


def interleave(draw, partitions):
    """All records in some order that keeps each partition's own, cut into batches somewhere."""
    order = draw(st.permutations([number for number, records in enumerate(partitions) for _ in records]))
    sources = [iter(records) for records in partitions]
    records = [next(sources[number]) for number in order]
    size = draw(st.integers(1, max(1, len(records))))
    return [records[start : start + size] for start in range(0, len(records), size)]


@given(story=STORY, decisions=CATALOGUE, data=st.data())
def test_any_interleaving_and_any_batches_give_equal_rows(teller, memory_store, story, decisions, data):
    partitions = records_of(teller(), story, decisions)
    straight = project(memory_store(), partitions)
    kept = data.draw(st.integers(0, 4))
    batches = interleave(data.draw, partitions)
    mixed = project(memory_store(), batches, jobs_kept_max=kept, entities_kept_max=kept)
    assert mixed == straight


@given(story=STORY, decisions=CATALOGUE)
def test_repeated_records_change_nothing(teller, memory_store, story, decisions):
    def places_aside(rows):
        return {
            table: {key: {**msgspec.structs.asdict(row), "at": None, "seen_at": None} for key, row in kept.items()}
            for table, kept in rows.items()
        }

    once = project(memory_store(), records_of(teller(), story, decisions))
    twice = project(memory_store(), records_of(teller(), story, decisions, twice=True))
    assert places_aside(twice) == places_aside(once)


def test_a_damaged_record_moves_the_position_and_is_kept(teller, memory_store):
    tell, store = teller(), memory_store()
    good = tell.record(tell.conversion("j"))
    bad = tell.raw(good.partition, good.key, b"{", good.headers)
    project(store, [[good, bad, tell.record(tell.claimed("j"))]])
    assert store.next == {good.partition: 3}
    assert [row.value for row in store.rows["undecodable"].values()] == [b"{"]
    assert store.rows["jobs"][tell.id("j")].state == "running"


def test_reading_stops_before_a_record_of_a_newer_fold(teller):
    tell = teller()
    first, newer = tell.record(tell.conversion("j")), tell.record(tell.claimed("j"), fold_version=2)
    intake = take_in([first, newer, tell.record(tell.conversion("k"))])
    assert intake.reached == {first.partition: 1}
    assert intake.newer is not None


def test_decisions_that_have_their_rows_are_remembered(teller):
    tell = teller()
    old = tell.record(DatasetCreated(dataset_id=tell.id("a"), name="cats", type="classification"))
    new = tell.record(DatasetCreated(dataset_id=tell.id("b"), name="cats", type="classification"))
    projection = Projection()
    projection.remember_decisions([old])
    batch = projection.project(take_in([new]), {old.partition: 1})
    assert [row.code for row in batch.commands] == ["name_taken"]
    assert batch.advances == {old.partition: (1, 2)}


def test_a_projection_that_starts_anew_goes_on_from_decisions_and_rows(teller, memory_store):
    tell, store = teller(), memory_store()
    steps = [("C", 1, "cats", 0), ("E", 1, "noted", 1), ("D", 1, "", 2), ("C", 2, "cats", 0), ("E", 1, "late", 3)]
    records = [tell.record(decision_of(tell, *step)) for step in steps]
    for number, record in enumerate(records):
        projection = Projection()
        projection.remember_decisions(records[:number])
        intake = take_in([record])
        projection.remember_entities({id_: store.rows["entities"][id_] for id_ in projection.missing_entities(intake)})
        store.put(projection.project(intake, store.next))
    first, second = (store.rows["entities"][tell.id(which)] for which in (1, 2))
    assert (first.name, first.note, first.revision, first.deleted_at is None) == ("cats", "noted", 3, False)
    assert (second.name, second.deleted_at) == ("cats", None)
    assert [row.code for row in store.rows["commands"].values()] == ["", "", "", "", "dataset_deleted"]


@pytest.mark.parametrize("kept", [0, 1])
def test_jobs_that_were_forgotten_are_missing(teller, memory_store, kept):
    tell, store = teller(), memory_store()
    projection = Projection(jobs_kept_max=kept)
    asked = take_in([tell.record(tell.conversion("j")), tell.record(tell.conversion("k"))])
    assert projection.missing_jobs(asked) == {tell.id("j"), tell.id("k")}
    store.put(projection.project(asked, {}))
    claims = take_in([tell.record(tell.claimed("j")), tell.record(tell.claimed("k"))])
    assert len(projection.missing_jobs(claims)) == 2 - kept
