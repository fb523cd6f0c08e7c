"""Inference tests: one model revision on one dataset version."""

from __future__ import annotations

from uuid import UUID

from producers.say import Command, Speaker
from schemas.events import InferenceRequested
from schemas.events.tests import Backend
from schemas.specs.preprocessing import Step
from schemas.values import ObjectRef, Precision, TronIdentity
from storage.log.port import Position


async def request(
    speaker: Speaker,
    command: Command,
    *,
    model_id: UUID,
    identity: TronIdentity,
    tron: ObjectRef,
    dataset_id: UUID,
    dataset_name: str,
    pack: ObjectRef,
    batch_size: int,
    loops: int,
    precision: Precision,
    backend: Backend,
    steps: tuple[Step, ...],
) -> Position:
    """Ask for the test `command.id` on a device of the model's platform; raises as `Speaker.say`."""
    event = InferenceRequested(
        job_id=command.id,
        resource="device",
        platform=identity.platform,
        model_id=model_id,
        identity=identity,
        tron=tron,
        dataset_id=dataset_id,
        dataset_name=dataset_name,
        pack=pack,
        batch_size=batch_size,
        loops=loops,
        precision=precision,
        backend=backend,
        steps=steps,
    )
    return await speaker.decide(event, command)
