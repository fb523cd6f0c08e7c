"""Only the pinned bytes get onto Kafka's class path."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from deploy.local.jars import PINS, Jar, JarError, class_path, pinned

A = Jar("org.a", "a", "1", hashlib.sha256(b"a").hexdigest())
B = Jar("org.b", "b", "2", hashlib.sha256(b"b").hexdigest())


class Repository:
    """A fetch that hands out given bytes and counts."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = contents
        self.fetched: list[str] = []

    def __call__(self, jar: Jar, folder: Path) -> Path:
        self.fetched.append(jar.artifact)
        if jar.artifact not in self.contents:
            raise ConnectionError("no network")
        path = folder / jar.artifact / jar.file_name
        path.parent.mkdir()
        path.write_bytes(self.contents[jar.artifact])
        return path


def silent(_done: int, _total: int) -> None:
    pass


def test_the_pins_hold_one_kafka_its_own_client_and_a_logging_binding() -> None:
    jars = {jar.artifact: jar for jar in pinned(PINS.read_text("utf-8"))}
    assert jars["kafka_2.13"].version == jars["kafka-clients"].version == jars["kafka-server"].version
    assert jars["log4j-slf4j-impl"].version == jars["log4j-core"].version
    assert jars["slf4j-api"].version.startswith("1.7."), "log4j-slf4j-impl binds SLF4J 1.7; 2.x wants log4j-slf4j2-impl"


def test_jars_are_fetched_once_and_in_the_order_of_the_pins(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    first = class_path(
        tmp_path, fetch=Repository(a=b"a", b=b"b"), progress=lambda done, total: told.append((done, total)), jars=[A, B]
    )
    assert first == os.pathsep.join([str(tmp_path / "a-1.jar"), str(tmp_path / "b-2.jar")])
    assert told == [(0, 2), (1, 2), (2, 2)]

    offline = Repository()
    assert class_path(tmp_path, fetch=offline, progress=silent, jars=[A, B]) == first
    assert offline.fetched == []


def test_a_wrong_digest_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(JarError, match=r"org\.b:b:2 has the wrong digest"):
        class_path(tmp_path, fetch=Repository(a=b"a", b=b"evil"), progress=silent, jars=[A, B])
    assert not (tmp_path / "b-2.jar").exists()


def test_a_damaged_cache_is_mended(tmp_path: Path) -> None:
    (tmp_path / "a-1.jar").write_bytes(b"half")
    again = Repository(a=b"a")
    class_path(tmp_path, fetch=again, progress=silent, jars=[A])
    assert again.fetched == ["a"]
    assert (tmp_path / "a-1.jar").read_bytes() == b"a"


def test_no_network_is_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(JarError, match="MO_MAVEN_URL"):
        class_path(tmp_path, fetch=Repository(), progress=silent, jars=[A])
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_two_first_runs_at_once_download_once(tmp_path: Path) -> None:
    repository = Repository(a=b"a", b=b"b")
    threads = [
        threading.Thread(
            target=class_path, args=(tmp_path,), kwargs={"fetch": repository, "progress": silent, "jars": [A, B]}
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(repository.fetched) == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "org.a:a:1",
        f"{A.sha256}  org.a:a",
        f"{A.sha256}  org.a::1",
        f"{A.sha256}  a:b:c:d",
        f"{A.sha256[1:]}  a:b:c",
        "",
    ],
)
def test_a_bad_pin_is_refused(text: str) -> None:
    with pytest.raises(JarError, match="line 1"):
        pinned(f"{text}\n")


def test_two_versions_of_a_jar_can_be_told_from_twice_the_same() -> None:
    assert len(pinned(f"{A.sha256}  org.a:a:1\n{B.sha256}  org.a:a:2\n")) == 2
    with pytest.raises(JarError, match="twice"):
        pinned(f"{A.sha256}  org.a:a:1\n{B.sha256}  org.b:a:1\n")
