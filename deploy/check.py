"""The services that Mo stands on, made or only looked at, with what is wrong and the command that mends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from deploy import wiring
from deploy.provision import ProvisionError, look_at
from deploy.settings import Settings
from schemas.topics import TOPICS
from storage.objects.port import ObjectError
from storage.views.control import CONTROL, Control
from storage.views.port import ViewsError

ANSWER_S_MAX = 30.0
AGAIN = "mo provision"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: `ok`, `made`, or `wrong` with what is wrong and what mends it."""

    part: str
    state: Literal["ok", "made", "wrong"]
    what: str = ""
    mend: str = ""


async def services(settings: Settings, *, replication: int, check: bool) -> list[Finding]:
    """Make what is missing of topics, read models and bucket; with `check`, only look.

    Raises:
        SettingsError: a service is not named.
    """
    settings.need("kafka_bootstrap", "postgres_dsn")
    findings = await _asked("kafka", _START["kafka"], lambda: _topics(settings, replication, check=check))
    findings += await _asked("postgres", _START["postgres"], lambda: _views(settings, check=check))
    if settings.bucket is not None:
        findings += await _asked("objects", _START["objects"], lambda: _bucket(settings, check=check))
    return findings


_START = {
    "kafka": "start Kafka, and correct MO_KAFKA_BOOTSTRAP, MO_KAFKA_SECURITY and the rest",
    "postgres": "start PostgreSQL, and correct MO_POSTGRES_DSN",
    "objects": "correct MO_OBJECTS, MO_S3_ENDPOINT and AWS_ACCESS_KEY_ID with the rest",
}


async def _asked(part: str, mend: str, ask: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    """What was found; a service that is away is a finding, not a fault."""
    from aiokafka.errors import KafkaError

    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            return await ask()
    except (KafkaError, ProvisionError, ViewsError, ObjectError, OSError, TimeoutError) as error:
        return [Finding(part=part, state="wrong", what=str(error) or type(error).__name__, mend=mend)]


async def _topics(settings: Settings, replication: int, *, check: bool) -> list[Finding]:
    found = await look_at(settings.kafka, TOPICS.values(), replication=replication, check=check)
    wrong = [Finding(part="kafka", state="wrong", what=each.what, mend=each.mend) for each in found.wrong]
    made = [Finding(part="kafka", state="made", what=name) for name in found.made]
    return [*made, *wrong] or [Finding(part="kafka", state="ok", what=", ".join(TOPICS))]


async def _views(settings: Settings, *, check: bool) -> list[Finding]:
    if not check:
        return [Finding(part="postgres", state="ok", what=await wiring.prepare_views(settings))]
    control = await Control.open(settings.postgres_dsn, CONTROL)
    try:
        return [Finding(part="postgres", state="ok", what=(await control.layout()).active)]
    finally:
        await control.close()


async def _bucket(settings: Settings, *, check: bool) -> list[Finding]:
    found = await wiring.prepare_bucket(settings, make=not check)
    if found == "missing":
        return [Finding(part="objects", state="wrong", what=f"{settings.objects} is missing", mend=AGAIN)]
    return [Finding(part="objects", state="made" if found == "made" else "ok", what=settings.objects)]
