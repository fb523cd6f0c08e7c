"""The private place of one attempt: a folder, the job's objects through the gateway, a cache of what was fetched."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from agents.joblog import JobLog
from agents.work import JobProblem, Limits, Work
from schemas.events import JobRequest
from schemas.values import ObjectRef
from storage.objects.port import (
    CHUNK_BYTES,
    ObjectDamagedError,
    ObjectError,
    ObjectMissingError,
    ObjectStore,
    ObjectTooLargeError,
    StoreAwayError,
    StoreFullError,
)

RESULT_BYTES_MAX = 20 << 30
CACHE_BYTES_MAX = 20 << 30
REMOVE_S_MAX = 60.0
AWAY_S_MAX = 600.0
"""How long an attempt waits for objects that cannot be reached: a restart of the API must not cost an hour of work."""
AWAY_PAUSE_S = 1.0

Grants = Callable[[UUID, int, UUID], Awaitable[ObjectStore]]
"""Job, epoch, instance -> the objects of that job, and no others."""

PART = ".part"
"""Ending of what is not whole yet."""
T = TypeVar("T")
_log = logging.getLogger(__name__)


class Workspace:
    """See `agents.work.Work`."""

    def __init__(
        self, epoch: int, instance: UUID, folder: Path, limits: Limits, objects: ObjectStore, cache: Path,
        progress: Callable[[str, float], None], log: JobLog,
    ) -> None:  # fmt: skip
        self.epoch, self.instance, self.folder, self.limits = epoch, instance, folder, limits
        self._objects, self._cache, self._progress = objects, cache, progress
        self.log, self._stage = log, ""

    async def fetch(self, ref: ObjectRef, name: str) -> Path:
        target = self.folder / name
        cached = self._cache / ref.digest.removeprefix("sha256:")
        try:
            if not await asyncio.to_thread(_usable, cached, ref.digest):
                await _insist(lambda: self._download(ref, cached))
            await asyncio.to_thread(_link, cached, target)
        except ObjectMissingError as error:
            raise JobProblem("object_missing", digest=ref.digest, name=ref.name) from error
        except ObjectDamagedError as error:
            raise JobProblem("object_damaged", retriable=True, digest=ref.digest, name=ref.name) from error
        except ObjectError as error:
            raise JobProblem("objects_unreachable", retriable=True, error=str(error)[:200]) from error
        except OSError as error:
            raise JobProblem("agent_disk", retriable=True, error=str(error)[:200]) from error
        return target

    async def keep(self, path: Path, name: str) -> ObjectRef:
        try:
            stored = await _insist(lambda: self._objects.put(_chunks(path), size_max_bytes=RESULT_BYTES_MAX))
        except ObjectTooLargeError as error:
            raise JobProblem("result_too_large", name=name, size_max_bytes=RESULT_BYTES_MAX) from error
        except StoreFullError as error:
            raise JobProblem("store_full", retriable=True, name=name) from error
        except ObjectError as error:
            raise JobProblem("objects_unreachable", retriable=True, error=str(error)[:200]) from error
        return ObjectRef(stored.digest, stored.size_bytes, name)

    def progress(self, stage: str, fraction: float) -> None:
        if stage != self._stage:
            self._stage = stage
            self.log.say(f"{datetime.now(UTC):%H:%M:%S} {stage}")
        self._progress(stage, fraction)

    async def _download(self, ref: ObjectRef, cached: Path) -> None:
        digest = hashlib.sha256()
        # a name of its own: other attempts of this agent may be fetching the same object
        beside = cached.with_name(f"{cached.name}.{uuid4()}{PART}")
        try:
            with beside.open("wb") as file:
                async for chunk in self._objects.get(ref.digest):
                    digest.update(chunk)
                    await asyncio.to_thread(file.write, chunk)
            if f"sha256:{digest.hexdigest()}" != ref.digest:
                raise ObjectDamagedError(f"{ref.digest} came as sha256:{digest.hexdigest()}")
            beside.chmod(0o444)
            await asyncio.to_thread(_put, beside, cached)
        finally:
            beside.unlink(missing_ok=True)


class LocalWorkspaces:
    """Folders under `root`; whatever an earlier process left there is removed at the start. `secrets` are kept out of
    the attempts' logs."""

    def __init__(self, root: Path, limits: Limits, grants: Grants, *, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._attempts, self._cache = root / "attempts", root / "cache"
        self._limits, self._grants = limits, grants

    async def prepare(self) -> None:
        """Make the folders, remove leftovers, bring the cache under its limit."""
        await _remove(self._attempts)
        self._attempts.mkdir(parents=True, mode=0o700)
        self._cache.mkdir(parents=True, mode=0o700, exist_ok=True)
        await asyncio.to_thread(_trim, self._cache, unfinished=True)

    @asynccontextmanager
    async def open(
        self, request: JobRequest, epoch: int, instance: UUID, progress: Callable[[str, float], None]
    ) -> AsyncIterator[Work]:
        try:
            objects = await _insist(lambda: self._grants(request.job_id, epoch, instance))
        except ObjectError as error:
            raise JobProblem("objects_unreachable", retriable=True, error=str(error)[:200]) from error
        folder = self._attempts / f"{request.job_id}-{epoch}"
        try:
            try:
                folder.mkdir(mode=0o700)
            except OSError as error:
                raise JobProblem("agent_disk", retriable=True, error=str(error)[:200]) from error
            log = JobLog(self._secrets)
            log.say(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: attempt {epoch} at {type(request).__name__} begins")
            yield Workspace(epoch, instance, folder, self._limits, objects, self._cache, progress, log)
        finally:
            try:
                await objects.close()
            finally:
                await _remove(folder)
                await asyncio.to_thread(_trim, self._cache)


async def _insist(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again while the objects cannot be reached, for `AWAY_S_MAX` seconds."""
    start_s = time.monotonic()
    while True:
        try:
            return await ask()
        except StoreAwayError as error:
            if time.monotonic() - start_s >= AWAY_S_MAX:
                raise
            _log.warning("waiting for objects: %s", error)
        await asyncio.sleep(AWAY_PAUSE_S)


def _usable(cached: Path, digest: str) -> bool:
    """Whether the cached file still has the bytes it is named by; a damaged one is removed."""
    try:
        with cached.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return False
    if f"sha256:{found}" == digest:
        os.utime(cached)
        return True
    cached.unlink(missing_ok=True)
    return False


def _put(beside: Path, cached: Path) -> None:
    """Never over what is there already: whoever is just linking that file would find it gone."""
    with suppress(FileExistsError):
        cached.hardlink_to(beside)


def _link(cached: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.hardlink_to(cached)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


async def _remove(folder: Path) -> None:
    """Remove with `rm`: a job may leave folders so deep that Python's own remover gives up."""
    process = await asyncio.create_subprocess_exec("/bin/rm", "-rf", "--", str(folder))
    try:
        async with asyncio.timeout(REMOVE_S_MAX):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        _log.warning("%s could not be removed within %s s", folder, REMOVE_S_MAX)


def _trim(cache: Path, *, unfinished: bool = False) -> None:
    """Remove the longest unused files until the cache fits its limit; `unfinished` downloads only where nobody can be
    at work on one."""
    sizes: list[tuple[float, int, Path]] = []
    for each in cache.iterdir():
        if each.suffix != PART:
            with suppress(FileNotFoundError):  # another attempt may be tidying up as well
                found = each.stat()
                sizes.append((found.st_mtime, found.st_size, each))
        elif unfinished:
            each.unlink()
    size_bytes = sum(size for _, size, _ in sizes)
    for _, size, each in sorted(sizes):
        if size_bytes <= CACHE_BYTES_MAX:
            return
        size_bytes -= size
        each.unlink(missing_ok=True)
