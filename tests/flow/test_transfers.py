"""Large files over a link that breaks ten times, through an API that is killed: whole, once, in constant memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from broken_link import BrokenLink
from people import TOKEN
from upload_api import UploadApi

from api.client.aio import AsyncClient
from api.client.client import Client
from api.client.core import Core
from api.client.ledger import Ledger
from api.client.mode import Blocking
from api.client.transfers import digest_of
from api.client.transport import HttpTransport
from schemas.values import ObjectRef

SMALL_BYTES, LARGE_BYTES = 24_000_007, 5_000_000_000
BREAKS = 10
RSS_GROWTH_BYTES_MAX = 64 << 20
ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'support'}"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[UploadApi]:
    with UploadApi(tmp_path / "store") as api:
        yield api


def made(path: Path, size_bytes: int) -> str:
    """A file of which no two megabytes are equal; its digest."""
    block, running = bytearray(random.Random(size_bytes).randbytes(1 << 20)), hashlib.sha256()
    with path.open("wb") as file:
        for start in range(0, size_bytes, len(block)):
            block[:8] = start.to_bytes(8, "big")
            piece = block[: size_bytes - start]
            file.write(piece)
            running.update(piece)
    return f"sha256:{running.hexdigest()}"


def cuts(size_bytes: int) -> list[int]:
    return random.Random(7).sample(range(1000, size_bytes), BREAKS)


def lying_in(store: Path) -> list[str]:
    """Names of the objects, and of anything that was left beside them."""
    return [path.name for path in store.rglob("*") if path.is_file() and path.parent.name != "uploaded"]


@pytest.mark.parametrize("kind", ["blocking", "awaiting"])
def test_a_file_goes_up_and_comes_down_over_a_link_that_breaks_ten_times(tmp_path, api, kind, capfd):
    digest = made(tmp_path / "big.pth", SMALL_BYTES)
    up, down = BrokenLink(api.port, cuts(SMALL_BYTES)), BrokenLink(api.port, cuts(SMALL_BYTES))
    ref = ObjectRef(digest, SMALL_BYTES)
    with up as upwards, down as downwards:
        if kind == "blocking":
            with client(upwards, tmp_path) as mo:
                assert mo.upload(tmp_path / "big.pth").digest == digest
            with client(downwards, tmp_path) as mo:
                mo._core.mode.run(mo._core.download(ref, tmp_path / "back"))
        else:
            asyncio.run(_awaited(upwards, downwards, tmp_path, ref))
    assert hashlib.sha256((tmp_path / "back").read_bytes()).hexdigest() == digest.removeprefix("sha256:")
    assert (up.broken, down.broken) == (BREAKS, BREAKS)
    assert lying_in(tmp_path / "store") == [digest.removeprefix("sha256:")]
    assert up.carried_bytes < 1.5 * SMALL_BYTES, "what had come was not sent again"
    assert "Traceback" not in capfd.readouterr().err, "a link that breaks is nothing to report"


async def _awaited(upwards: str, downwards: str, folder: Path, ref: ObjectRef) -> None:
    async with AsyncClient(upwards, token=TOKEN, cache=folder) as mo:
        assert (await mo.upload(folder / "big.pth")).digest == ref.digest
    async with AsyncClient(downwards, token=TOKEN) as mo:
        await mo._core.download(ref, folder / "back")


def client(address: str, folder: Path) -> Client:
    core = Core(HttpTransport(address), api_url="http://mo", mode=Blocking(), token=TOKEN, ledger=Ledger(folder))
    return Client.over(core, address)


UPLOADER = """
import sys
from contextlib import suppress
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from test_transfers import client
with client(sys.argv[1], Path(sys.argv[3])) as mo:
    print(mo.upload(Path(sys.argv[2])).digest)
"""


def test_an_upload_goes_on_after_the_api_and_the_uploader_were_killed(tmp_path, api):
    """The link breaks; at the third time the API dies, at the sixth the uploader: a new one of either goes on."""
    digest = made(tmp_path / "big.pth", SMALL_BYTES)
    uploaders: list[subprocess.Popen[str]] = []

    def broken(times: int) -> None:
        if times == 3:
            api.kill()
            api.start()
        elif times == 6:
            uploaders[0].kill()

    with BrokenLink(api.port, cuts(SMALL_BYTES), broken) as address:
        told = [sys.executable, "-c", UPLOADER, address, tmp_path / "big.pth", tmp_path, Path(__file__).parent]
        for _ in range(2):
            uploader = subprocess.Popen(told, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENV)
            uploaders.append(uploader)
            said, _nothing = uploader.communicate(timeout=120)
    assert (uploaders[0].returncode, uploaders[1].returncode, said.strip()) == (-9, 0, digest)
    assert lying_in(tmp_path / "store") == [digest.removeprefix("sha256:")]


class Memory:
    """Resident bytes of the API's processes, looked at all the time."""

    def __init__(self, api: UploadApi) -> None:
        self._api = api
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.seen: dict[int, list[int]] = {}

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            with suppress(psutil.Error):
                self.seen.setdefault(self._api.pid, []).append(psutil.Process(self._api.pid).memory_info().rss)

    @property
    def growth_bytes(self) -> int:
        """Of the process that grew most, from its first quiet moment."""
        return max(max(seen) - seen[0] for seen in self.seen.values())


@pytest.mark.bars
@pytest.mark.timeout(3600)
def test_five_gigabytes_arrive_once_and_the_memory_of_the_api_stays_flat(tmp_path, api, capsys):
    """Ten breaks on the way up, the API killed at the fifth, ten breaks on the way down."""

    def broken(times: int) -> None:
        if times == 5:
            api.kill()
            api.start()

    try:
        digest = made(tmp_path / "big.pth", LARGE_BYTES)
        up, down = BrokenLink(api.port, cuts(LARGE_BYTES), broken), BrokenLink(api.port, cuts(LARGE_BYTES))
        began_s = time.monotonic()
        with Memory(api) as memory:
            with up as address, client(address, tmp_path) as mo:
                assert mo.upload(tmp_path / "big.pth").digest == digest
            up_s = time.monotonic() - began_s
            lying = lying_in(tmp_path / "store")
            (tmp_path / "big.pth").unlink()
            with down as address, client(address, tmp_path) as mo:
                mo._core.mode.run(mo._core.download(ObjectRef(digest, LARGE_BYTES), tmp_path / "back"))
        assert digest_of(tmp_path / "back") == digest
    finally:
        shutil.rmtree(tmp_path, ignore_errors=True)
    with capsys.disabled():
        print(
            f"\n{LARGE_BYTES:,} bytes: up {up_s:.0f} s, {up.broken} breaks and 1 kill -9, "
            f"{up.carried_bytes / LARGE_BYTES:.4f} of it sent; down {time.monotonic() - began_s - up_s:.0f} s, "
            f"{down.broken} breaks; API memory when it was ready "
            + ", ".join(f"{seen[0] >> 20} MiB, at most {max(seen) >> 20}" for seen in memory.seen.values())
        )
    assert (up.broken, down.broken) == (BREAKS, BREAKS)
    assert lying == [digest.removeprefix("sha256:")]
    assert memory.growth_bytes < RSS_GROWTH_BYTES_MAX
