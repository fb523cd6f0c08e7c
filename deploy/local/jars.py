"""The jars of Apache Kafka: fetched once by Maven coordinates, each one checked against its pinned digest."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PINS = Path(__file__).with_name("jars.sha256")
DOWNLOADS_AT_ONCE_MAX = 4
DOWNLOAD_SECONDS_MAX = 60

Progress = Callable[[int, int], None]
"""Called with (jars there, jars in all)."""


class JarError(Exception):
    """A jar cannot be had, or is not the one that was pinned; the text says what to do."""


class Jar(NamedTuple):
    """A pinned jar: Maven coordinates and the SHA-256 of its bytes in hex."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Its name in the cache and in a Maven repository."""
        return f"{self.artifact}-{self.version}.jar"

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


Fetch = Callable[[Jar, Path], Path]
"""Downloads a jar somewhere under the folder and returns where it lies."""


def pinned(text: str) -> list[Jar]:
    """The jars of a pin list: lines `sha256  group:artifact:version`.

    Raises:
        JarError: a line does not have that form, or a file name comes twice.
    """
    jars = []
    for number, line in enumerate(text.splitlines(), 1):
        digest, _, coordinates = line.partition("  ")
        group, artifact, version = (*coordinates.split(":"), "", "", "")[:3]
        if len(digest) != 64 or coordinates.count(":") != 2 or not (group and artifact and version):
            raise JarError(f"jars.sha256 line {number} is not 'sha256  group:artifact:version': {line!r}")
        jars.append(Jar(group, artifact, version, digest))
    if len({jar.file_name for jar in jars}) != len(jars):
        raise JarError("jars.sha256 names a jar twice: two versions on one class path; keep one")
    return jars


def class_path(folder: Path, *, fetch: Fetch, progress: Progress, jars: list[Jar] | None = None) -> str:
    """The class path of all pinned jars, which lie in `folder` afterwards; needs no network when they lie there.

    Several processes may ask at once: one downloads, the others wait.

    Raises:
        JarError: a jar cannot be downloaded or has the wrong digest.
    """
    wanted = pinned(PINS.read_text("utf-8")) if jars is None else jars
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        missing = [jar for jar in wanted if not _is_there(folder, jar)]
        progress(len(wanted) - len(missing), len(wanted))
        if missing:
            _download(missing, folder, fetch, lambda done: progress(len(wanted) - len(missing) + done, len(wanted)))
    return os.pathsep.join(str(folder / jar.file_name) for jar in wanted)


def maven_fetch(maven_url: str) -> Fetch:
    """A fetch out of Maven's central repository, or out of the mirror at `maven_url`.

    Each coordinate is fetched by itself: resolving Kafka and its logging binding together lets the binding's own
    managed versions replace Kafka's client by an older one.
    """

    def fetch(jar: Jar, folder: Path) -> Path:
        from jgo.maven import MavenContext, PythonResolver

        context = MavenContext(
            resolver=PythonResolver(),
            repo_cache=folder,
            remote_repos={"mirror": maven_url} if maven_url else None,
            timeout=DOWNLOAD_SECONDS_MAX,
        )
        return Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())

    return fetch


def _download(missing: list[Jar], folder: Path, fetch: Fetch, progress: Callable[[int], None]) -> None:
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="download-") as scratch,
        ThreadPoolExecutor(DOWNLOADS_AT_ONCE_MAX) as pool,
    ):
        taken = pool.map(lambda jar: _take(jar, folder, Path(scratch), fetch), missing)
        for done, _ in enumerate(taken, 1):
            progress(done)


def _take(jar: Jar, folder: Path, scratch: Path, fetch: Fetch) -> None:
    try:
        source = fetch(jar, scratch)
    except Exception as error:
        raise JarError(
            f"cannot download {jar} ({type(error).__name__}: {error}). The first start needs the network; behind a "
            "mirror set MO_MAVEN_URL to its address"
        ) from error
    found = _sha256(source)
    if found != jar.sha256:
        raise JarError(
            f"{jar} has the wrong digest: sha256 {found}, pinned is {jar.sha256}. It was not installed: somebody or "
            "something between here and the repository changed it"
        )
    temporary = scratch / f"{jar.file_name}.checked"
    shutil.copyfile(source, temporary)
    temporary.replace(folder / jar.file_name)


def _is_there(folder: Path, jar: Jar) -> bool:
    path = folder / jar.file_name
    return path.is_file() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
