"""How quick lists of 100,000 models are over HTTP: `python tests/benchmarks/lists.py [--models N] [--rounds 300]`.

The API, its read models in a real PostgreSQL, one model uploaded as everybody does it and its row copied under other
names. Pages are turned one after the other from the newest on, then searched for: a name that thousands have, one that
a single one has, one that nobody has, the start of an id, one's own. The peer in the same run is the smallest answer
over the same connection. Prints the median and the 99th percentile; exits with 1 where turning a page is over the bar.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from typing import Any

import aiohttp
import asyncpg
from bus import percentile, report, stack

from deploy.local.apps import APPS

BAR_MS = 50.0
PAGE = 20
COPY = """
insert into {schema}.entities
select gen_random_uuid(), kind, owner, 'model-' || number, created_at - number * interval '1 second',
       updated_at - number * interval '1 second', document, platform, repo, method, version, note, revision, deleted_at,
       parents, at_partition, at_offset
from {schema}.entities, generate_series(1, $1) as number
"""


async def fill(dsn: str, models: int) -> None:
    """Copy the one model there is."""
    connection = await asyncpg.connect(dsn)
    try:
        schema = await connection.fetchval("select schemaname from pg_tables where tablename = 'entities'")
        await connection.execute(COPY.format(schema=schema), models)
        await connection.execute(f"analyze {schema}.entities")
    finally:
        await connection.close()


async def timed(http: aiohttp.ClientSession, path: str) -> tuple[float, Any]:
    """Milliseconds until the answer was read, and the answer."""
    begun = time.perf_counter()
    async with http.get(path) as answer:
        answer.raise_for_status()
        told = await answer.json()
    return (time.perf_counter() - begun) * 1000, told


async def turned(http: aiohttp.ClientSession, rounds: int) -> list[float]:
    """Pages one after the other."""
    taken, cursor = [], ""
    for _ in range(rounds):
        ms, page = await timed(http, f"/api/v1/pth?limit={PAGE}{cursor}")
        assert len(page["items"]) == PAGE
        taken.append(ms)
        cursor = f"&cursor={page['next']}"
    return taken


async def measure(models: int, rounds: int) -> int:
    """All of it, on a system of its own without agents."""
    apps = tuple(app for app in APPS if not app.name.startswith("agent"))
    async with stack(apps) as (state, home):
        headers = {"Authorization": f"Bearer {home.token.read_text()}"}
        async with aiohttp.ClientSession(state.api_url, headers=headers) as http:
            async with http.post("/api/v1/objects", data=b"weights") as answer:
                digest = (await answer.json())["digest"]
            async with http.post("/api/v1/pth", json={"name": "model", "digest": digest}) as answer:
                assert answer.status == 201, await answer.text()
            await fill(state.postgres_dsn, models)
            report("the smallest answer (/livez)", [(await timed(http, "/livez"))[0] for _ in range(rounds)])
            pages = await turned(http, rounds)
            report(f"pages of {PAGE} of {models}, one after the other", pages)
            for name, text in (("thousands", "model-9"), ("one", f"model-{models}"), ("none", "nobody"), ("ids", "ab")):
                path = f"/api/v1/pth?limit={PAGE}&search={text}"
                report(f"search that finds {name}", [(await timed(http, path))[0] for _ in range(rounds // 10)])
            mine = f"/api/v1/pth?limit={PAGE}&mine=true"
            report("my own", [(await timed(http, mine))[0] for _ in range(rounds // 10)])
    p99 = percentile(pages, 0.99)
    print(f"turning a page: p99 {p99:.1f} ms (bar {BAR_MS:.0f})")
    return int(p99 > BAR_MS)


def main() -> int:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=300)
    given = parser.parse_args()
    return asyncio.run(measure(given.models, given.rounds))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
