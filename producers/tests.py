"""Inference tests: one model revision on one dataset version; and parity: beside the network that it was made of."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from producers.say import Command, Speaker
from schemas.events import ConversionRequested, InferenceRequested, ModelConverted, ParityRequested, QuickCheckRequested
from schemas.events.tests import Backend
from schemas.specs.preprocessing import Step
from schemas.specs.testing import TestOptions
from schemas.values import DatasetRef, ObjectRef, Precision, TronIdentity
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
    options: TestOptions,
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
        options=options,
    )
    return await speaker.decide(event, command)


class ParityParts(NamedTuple):
    """What a parity job brings together: the conversion that made the revision, what it made, a dataset version."""

    origin: ConversionRequested
    made: ModelConverted
    dataset: DatasetRef
    images_max: int
    batch_size: int
    backend: Backend
    steps: tuple[Step, ...]


async def request_parity(speaker: Speaker, command: Command, parts: ParityParts) -> Position:
    """Ask for the comparison `command.id`; raises as `Speaker.say`."""
    event = ParityRequested(
        job_id=command.id,
        resource="cpu-heavy",
        model_id=parts.made.model_id,
        identity=parts.made.identity,
        tron=parts.made.tron,
        conversion_id=parts.origin.job_id,
        weights=parts.origin.weights,
        template=parts.origin.template,
        structures=parts.origin.structures,
        dataset_id=parts.dataset.dataset_id,
        dataset_name=parts.dataset.name,
        pack=parts.dataset.pack,
        images_max=parts.images_max,
        batch_size=parts.batch_size,
        backend=parts.backend,
        steps=parts.steps,
    )
    return await speaker.decide(event, command)


async def request_quick_check(
    speaker: Speaker,
    command: Command,
    *,
    model_id: UUID,
    identity: TronIdentity,
    tron: ObjectRef,
    images: ObjectRef,
    batch_size: int,
    precision: Precision,
    backend: Backend,
    steps: tuple[Step, ...],
) -> Position:
    """Ask for the quick check `command.id` on a device of the model's platform; raises as `Speaker.say`."""
    event = QuickCheckRequested(
        job_id=command.id,
        resource="device",
        platform=identity.platform,
        model_id=model_id,
        identity=identity,
        tron=tron,
        images=images,
        batch_size=batch_size,
        precision=precision,
        backend=backend,
        steps=steps,
    )
    return await speaker.decide(event, command)
