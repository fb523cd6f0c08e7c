"""What a home keeps: ports that stay unless taken, secrets that nobody else reads."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.home import Home, Ports, choose_ports, kept_secrets, write_atomically

PORTS = st.integers(1024, 1040)


@given(
    kept=st.dictionaries(st.sampled_from(Ports.__struct_fields__), PORTS),
    busy=st.sets(PORTS, max_size=8),
)
def test_ports_differ_are_free_and_stay_where_they_can(kept: dict[str, int], busy: set[int]) -> None:
    others = iter(range(1024, 1041))
    ports = choose_ports(kept, is_free=lambda port: port not in busy, free_port=lambda: next(others))
    chosen = msgspec.structs.astuple(ports)
    assert len(set(chosen)) == len(chosen)
    assert not busy & set(chosen)
    if "kafka" in kept and kept["kafka"] not in busy:
        assert ports.kafka == kept["kafka"]


def test_kept_ports_are_taken_again_without_asking_for_new_ones() -> None:
    def no_new_one() -> int:
        pytest.fail("a free port was asked for")

    kept = {name: number for number, name in enumerate(Ports.__struct_fields__, 1)}
    assert choose_ports(kept, is_free=lambda _port: True, free_port=no_new_one) == Ports(1, 2, 3, 4, 5)


def test_secrets_are_made_once_private_and_long(tmp_path: Path) -> None:
    first = kept_secrets(Home(tmp_path))
    assert kept_secrets(Home(tmp_path)) == first
    assert Home(tmp_path).secrets.stat().st_mode & 0o777 == 0o600
    assert len(bytes.fromhex(first.agent_secret)) == len(bytes.fromhex(first.token_secret)) == 32
    assert first.agent_secret != first.token_secret


def test_a_written_file_replaces_the_old_one_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o777 == 0o600
