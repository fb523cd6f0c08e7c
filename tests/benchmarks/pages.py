"""How long until a comparison can be used in a browser, and what a first visit weighs.

`python tests/benchmarks/pages.py [--runs 10] [--images 2000] [--rounds 5]`. The API in a process of its own that has
just started, `runs` detectors of 80 classes and 20 slices (of compare.py), a browser without a cache: from the address
until the merged table has every run and a switch of the page answers. The peer in the same run is the frame alone: a
page that says that there is no such page. Every round is cold for the browser; the first one is cold for the API too,
and that one is held to the bar. Then the compressed bytes (gzip) of the scripts and styles that the sign-in page, the
home page and the comparison fetch. Prints seconds and bytes; exits with 1 over a bar.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
READY_S, JUMP_MAX, FIRST_BYTES = 2.0, 0.05, 300_000
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def opened(browser: Browser, address: str, path: str, *, runs: int = 0) -> tuple[float, float, int]:
    """Seconds until the page at the path answers, how much it jumped, compressed bytes of what it fetched.

    With `runs` it answers once that many stand in the merged table and its switch has done what it does.
    """
    from browser_scene import Reader, jumped, settle, weight
    from people import TOKEN
    from playwright.sync_api import expect

    reader = Reader(browser, address)
    fetched: list[str] = []
    reader.context.on("request", lambda request: fetched.append(request.url))
    if path != "/sign-in":
        reader.sign_in(TOKEN)
    begun = time.perf_counter()
    page = reader.page(path)
    if runs:
        expect(page.get_by_role("table").first.locator(".run")).to_have_count(runs)
        page.get_by_role("switch").click()
        expect(page.get_by_role("switch")).not_to_be_checked()
    seconds = time.perf_counter() - begun
    settle(page)
    found = seconds, jumped(page), weight(address, fetched)
    reader.close()
    return found


def visited(address: str, ids: list[UUID], rounds: int) -> bool:
    """Say what was measured, and whether it keeps to the bars."""
    from browser_scene import launched
    from playwright.sync_api import sync_playwright

    comparison = f"/compare?tasks={','.join(map(str, ids))}&base={ids[0]}"
    with sync_playwright() as playwright, launched(playwright) as browser:
        opened(browser, address, "/sign-in")  # the browser itself has started
        cold, shift, compared = opened(browser, address, comparison, runs=len(ids))
        again = sorted(opened(browser, address, comparison, runs=len(ids))[0] for _ in range(rounds))
        frame = sorted(opened(browser, address, "/no/such/page")[0] for _ in range(rounds))
        weights = {name: opened(browser, address, path)[2] for name, path in (("sign-in", "/sign-in"), ("home", "/"))}
    middle, peer = again[rounds // 2], frame[rounds // 2]
    print(f"{len(ids)} runs until usable, API and browser cold   {cold:6.2f} s  (bar {READY_S} s)")
    print(f"the same, browser cold, median of {rounds}           {middle:6.2f} s  = {middle / peer:.2f} x the frame")
    print(f"the frame alone, median of {rounds}                  {peer:6.2f} s")
    print(f"cumulative layout shift                      {shift:6.3f}    (bar {JUMP_MAX})")
    for name, size in (*weights.items(), ("comparison", compared)):
        bar = f"  (bar {FIRST_BYTES:,})" if name in weights else ""
        print(f"compressed bytes, {name:<12}             {size:>9,}{bar}")
    return cold <= READY_S and shift <= JUMP_MAX and max(weights.values()) <= FIRST_BYTES


def main() -> int:
    """Both parts, against one API process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    from compare import measured, prepare

    with tempfile.TemporaryDirectory() as folder:
        kinds, _ = asyncio.run(prepare(Path(folder), given.runs, given.images))
        return measured(folder, lambda base: [visited(base.removesuffix("/api/v1"), kinds[0], given.rounds)])


if __name__ == "__main__":
    for variable in THREADS:
        os.environ.setdefault(variable, "1")
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "tests" / "benchmarks")]
    sys.exit(main())
