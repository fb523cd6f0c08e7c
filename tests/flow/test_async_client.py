"""The asynchronous client on the whole system: several things at once, the same answers as the blocking one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from small_case import IMAGES, make

from api.client.aio import AsyncClient
from api.client.client import Client
from api.client.errors import ProblemError

pytestmark = pytest.mark.real
JOB_SECONDS_MAX = 120


async def test_two_imports_at_once_and_every_page_afterwards(mo: Client, tmp_path: Path):
    images = (await asyncio.to_thread(make, tmp_path)).images
    looks: list[str] = []
    async with AsyncClient(mo.api_url, lang="en", token=mo._core.token) as client:
        names = ["async one", "async two"]
        asked = await asyncio.gather(*(client.datasets.import_folder(name, images) for name in names))
        ended = await asyncio.gather(
            *(client.jobs.wait(job.id, JOB_SECONDS_MAX, lambda seen: looks.append(seen.state)) for job in asked)
        )
        assert [job.state for job in ended] == ["completed", "completed"]
        assert "completed" in looks
        with pytest.raises(ProblemError) as refusal:
            await client.datasets.import_folder("async one", images)
        assert refusal.value.code == "name_taken"
        found = {dataset.name: dataset async for dataset in client.datasets.all(search="async")}
    assert set(found) == set(names)
    assert found["async one"].versions[0].images == IMAGES
    assert found["async one"].versions[0].classes == len(list(images.iterdir()))
    assert {dataset.id for dataset in mo.datasets.all(search="async")} == {one.id for one in found.values()}
