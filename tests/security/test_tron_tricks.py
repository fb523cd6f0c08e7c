"""Hostile Tron files: each is refused with a text that says why and what to do, in little time and memory."""

from __future__ import annotations

import time
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from zip_tricks import GOOD, GRAPH, THIRD, TRICKS, Raw, craft

from storage.file_kind import LOOK_BYTES
from storage.tron_file import MANIFEST_BYTES_MAX, TronFile, TronFileError, manifest_span

SECONDS_MAX = 2.0
"""On a loaded machine; most take a millisecond."""
MEMORY_BYTES_MAX = 4 << 20
TO_DO = ("fetch", "convert", "upgrade", "make it again")


def opened(path: Path, folder: Path) -> None:
    """Open the file and take its graphs out."""
    with TronFile(path) as file:
        for sub in file.manifest.sub_models:
            file.extract_graph(sub, folder / "graph.onnx")


def test_the_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "good.tron"
    path.write_bytes(craft(GOOD))
    opened(path, tmp_path)
    assert (tmp_path / "graph.onnx").read_bytes() == GRAPH
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None


def test_the_corpus_is_large() -> None:
    assert len(TRICKS) >= 90


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_is_refused_with_reason_and_advice(tmp_path: Path, trick: str) -> None:
    data, says = TRICKS[trick]()
    path, out = tmp_path / "m.tron", tmp_path / "out"
    path.write_bytes(data)
    del data
    out.mkdir()
    tracemalloc.start()
    begun = time.perf_counter()
    try:
        with pytest.raises(TronFileError) as refused:
            opened(path, out)
        took_s = time.perf_counter() - begun
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    text = str(refused.value)
    assert says in text, text
    assert any(advice in text for advice in TO_DO), text
    assert text.isprintable()
    assert took_s < SECONDS_MAX
    assert peak_bytes < MEMORY_BYTES_MAX
    assert not list(out.iterdir())


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_looked_at_from_its_beginning_alone_is_none_or_has_a_span(trick: str) -> None:
    """The API looks at the first bytes of whatever was uploaded, and at nothing else before it answers."""
    data = TRICKS[trick]().data[:LOOK_BYTES]
    with suppress(TronFileError):
        start, stop = manifest_span(data)
        assert 0 < start <= stop <= start + MANIFEST_BYTES_MAX


def test_a_manifest_that_is_too_long_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "m.tron"
    path.write_bytes(craft((GOOD[0], Raw(b"tron.json", bytes(MANIFEST_BYTES_MAX + 1)), THIRD)))
    tracemalloc.start()
    try:
        with pytest.raises(TronFileError, match="allowed are"):
            TronFile(path)
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES_MAX
    finally:
        tracemalloc.stop()
