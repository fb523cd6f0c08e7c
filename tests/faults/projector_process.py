"""A projector to be killed: `bootstrap dsn schema seed deadly`; a deadly one kills itself at a random named point."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys

DEATH_CHANCE = 0.03
RECORDS_MAX = 25
"""Small batches: many commits for few records, and so many places to die in."""


async def main(bootstrap: str, dsn: str, schema: str, seed: str, deadly: str) -> int:
    chances = random.Random(seed)

    # told to stop while all this is still being loaded: that is a clean end too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from consumers.projector import Projector, serve
    from storage.log.kafka import KafkaLog
    from storage.views.postgres import Views

    def die(_point: str) -> None:
        if deadly == "deadly" and chances.random() < DEATH_CHANCE:
            os.kill(os.getpid(), signal.SIGKILL)

    log, views = KafkaLog(bootstrap), await Views.open(dsn, schema)
    try:
        return await serve(Projector(log, views, batch_max=RECORDS_MAX, jobs_kept_max=100, hook=die))
    finally:
        await log.close()
        await views.close()


sys.exit(asyncio.run(main(*sys.argv[1:])))
