"""Where PostgreSQL lies, and folders it refuses."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.children import User
from deploy.local.home import Home
from deploy.local.postgres import (
    SOCKET_FILE,
    SOCKET_PATH_BYTES_MAX,
    Place,
    PostgresError,
    dsn,
    locate,
    prepare,
    reachable,
)

STRANGER = User(65533, 65533)


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a name so short that sockets fit into it, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="mo-") as folder:
        yield Path(folder)


def test_the_dsn_leads_to_the_socket_folder() -> None:
    assert dsn(Path("/srv/mo run")) == "postgresql://postgres@/mo?host=/srv/mo%20run"


def test_a_folder_is_reachable_when_every_folder_on_the_way_is() -> None:
    with tempfile.TemporaryDirectory() as top:
        inner = Path(top) / "a" / "b"
        inner.mkdir(parents=True)
        for folder in (inner, inner.parent, Path(top)):
            folder.chmod(0o711)
        assert reachable(inner, STRANGER)
        inner.parent.chmod(0o700)
        assert not reachable(inner, STRANGER)
        assert reachable(inner, User(os.geteuid(), os.getegid()))
        inner.chmod(0o701)
        inner.parent.chmod(0o701)
        assert not reachable(inner, User(STRANGER.uid, os.getegid()))


def test_a_folder_that_others_may_enter_is_refused(short: Path) -> None:
    owned = locate(Home(short), shared_root=short / "shared").data.parent
    owned.chmod(0o755)
    with pytest.raises(PostgresError, match="only its owner"):
        locate(Home(short), shared_root=short / "shared")


def test_a_link_in_place_of_the_folder_is_refused(short: Path) -> None:
    owned = locate(Home(short), shared_root=short / "shared").data.parent
    for path in owned.iterdir():
        path.rmdir()
    owned.rename(owned.with_name("elsewhere"))
    owned.symlink_to(owned.with_name("elsewhere"))
    with pytest.raises(PostgresError, match="only its owner"):
        locate(Home(short), shared_root=short / "shared")


def test_a_long_home_gets_a_short_socket_folder(tmp_path: Path) -> None:
    home = Home(tmp_path / ("x" * 100))
    home.make()
    place = locate(home, shared_root=tmp_path / ("y" * 100))
    try:
        assert len(os.fsencode(place.sockets / SOCKET_FILE)) <= SOCKET_PATH_BYTES_MAX
        assert place.sockets.stat().st_mode & 0o777 == 0o700
        assert locate(home, shared_root=tmp_path / ("y" * 100)) == place
    finally:
        place.sockets.rmdir()


@pytest.mark.parametrize("pid", [os.getpid(), 2**22 + 1], ids=["a neighbour's", "nobody's"])
def test_a_pid_file_of_somebody_else_is_forgotten(tmp_path: Path, pid: int) -> None:
    place = Place(Path(sys.prefix), tmp_path / "data", tmp_path, None)
    place.data.mkdir()
    (place.data / "postmaster.pid").write_text(f"{pid}\n{place.data}\n")
    spec = prepare(place)
    assert not (place.data / "postmaster.pid").exists()
    assert "listen_addresses=" in spec.argv
