"""What cannot be read is kept as it is; what needs a newer reader stops us."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.projection.reading import NewerFoldError, Said, log_time, read
from schemas.codec import encode
from schemas.events import AgentSeen
from storage.log.port import Partition, Record
from storage.views.rows import UndecodableRow

JOBS = Partition("mo.jobs", 3)
HEADER_VALUE = st.none() | st.binary(max_size=20) | st.sampled_from([b"mo.JobClaimed.v1", b"1.0", b"2026-01-01"])
HEADERS = st.lists(
    st.tuples(st.sampled_from(["ce_type", "ce_id", "ce_time", "ce_foldversion", "ce_actor", "x"]), HEADER_VALUE),
    max_size=8,
).map(tuple)


@pytest.fixture
def tell(teller):
    return teller()


@given(
    key=st.none() | st.binary(max_size=40),
    value=st.none() | st.binary(max_size=80),
    headers=HEADERS.filter(lambda given: not (dict(given).get("ce_foldversion") or b"").isdigit()),
)
def test_any_bytes_are_kept_as_they_are(key, value, headers):
    row = read(Record(JOBS, 7, key, value, headers, 0))
    assert isinstance(row, UndecodableRow)
    assert (row.topic, row.at, row.key, row.value) == ("mo.jobs", (3, 7), key, value)
    assert msgspec.msgpack.decode(row.headers, type=tuple[tuple[str, bytes | None], ...]) == headers
    assert row.error


@given(st.data())
def test_a_damaged_record_is_kept_not_raised(teller, data):
    record = teller().record(teller().conversion("j"))
    place = data.draw(st.integers(0, len(record.value) - 1))
    damaged = record.value[:place] + data.draw(st.binary(min_size=1, max_size=3)) + record.value[place + 1 :]
    assert isinstance(read(record._replace(value=damaged)), Said | UndecodableRow)
    assert isinstance(read(record._replace(value=record.value[:place])), UndecodableRow)


def test_a_record_that_lies_in_the_wrong_place_does_not_count(tell):
    record = tell.record(tell.claimed("j"))
    assert isinstance(read(record), Said)
    elsewhere = read(record._replace(partition=Partition("mo.catalog", 0)))
    assert "does not belong into mo.catalog" in elsewhere.error
    assert "the key is not the subject" in read(record._replace(key=b"another")).error


@pytest.mark.parametrize("body", [b"{}", None])
def test_a_newer_fold_stops_even_where_the_record_cannot_be_read(tell, body):
    envelope = tell.envelope(tell.claimed("j"), fold_version=2)
    key, value, headers = encode(envelope)
    with pytest.raises(NewerFoldError, match=r"mo.jobs/3 offset 0 has fold version 2"):
        read(tell.raw(JOBS, key, value if body is None else body, headers))


def test_a_newer_agent_may_say_that_it_is_there(tell):
    seen = AgentSeen(agent="a", instance=tell.id("p"), platform="nvidia", slots={}, fold_version=2)
    assert isinstance(read(tell.record(seen, fold_version=2)), Said)


def test_a_time_without_a_zone_is_utc_on_every_machine(tell):
    record = tell.record(tell.claimed("j"))
    headers = tuple((name, b"2026-11-23T01:02:03" if name == "ce_time" else value) for name, value in record.headers)
    assert read(record._replace(headers=headers)).envelope.time == datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("time_ms", [-1, 2**62])
def test_an_impossible_time_of_the_log_is_a_time(tell, time_ms):
    assert log_time(tell.record(tell.claimed("j"))._replace(time_ms=time_ms)).year in {1970, 9999}
