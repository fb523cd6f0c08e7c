"""What a job is about, pinned: a model's file and the networks in it, whoever made it; a dataset's version."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

import msgspec

from api.commands.templates import load_template, usable_entity
from api.deps import Deps
from api.errors import ApiRefusal
from api.present_trons import tron_decision
from api.tron_files import manifest_of
from schemas.events import ConversionRequested, DatasetCreated, DatasetImported, ModelConverted, TronUploaded
from schemas.specs.method_spec import Family
from schemas.specs.methods import method, proposed_chain
from schemas.specs.parts import TaskSpec
from schemas.specs.preprocessing import Step
from schemas.specs.templates import TemplateDocument
from schemas.specs.testing import head_tasks
from schemas.specs.uploads import use_problem
from schemas.tron import TronManifest, decode_manifest
from schemas.values import Code, DatasetRef, ObjectRef, Precision, TronIdentity
from storage.views.rows import EntityRow, ProductRow

PLATFORM = "nvidia"
"""The one platform whose agents can test models: nothing runs box models yet."""


class Tested(NamedTuple):
    """A model revision, the networks in its file, and what they were quantized to (the latest last)."""

    identity: TronIdentity
    tron: ObjectRef
    networks: Sequence[Network]
    quantized: tuple[Precision, ...] = ()


class Network(NamedTuple):
    """What a test must know of a network; `steps` is the chain that it proposes."""

    name: str
    method: str
    steps: tuple[Step, ...]
    max_batch: int
    tasks: tuple[TaskSpec, ...]


async def tested(deps: Deps, model: EntityRow, revision_job_id: UUID | None) -> Tested:
    """The revision of the model that the job made; without a job the newest one.

    Raises:
        ApiRefusal: there is none, or its file is nothing that can be tested (422, 409).
    """
    said = tron_decision(model)
    if not isinstance(said, TronUploaded):
        row = await product(deps, "revision", model.id, revision_job_id)
        converted = msgspec.json.decode(row.document, type=ModelConverted)
        return Tested(converted.identity, converted.tron, networks_of_template(await _document(deps, row.job_id)))
    if revision_job_id is not None:
        raise refusal("revision_unknown", job_id=revision_job_id)
    if (problem := use_problem(said.detected)) is not None:
        raise ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    if said.identity.platform != PLATFORM:
        raise refusal("platform_not_available", platform=said.identity.platform)
    manifest = decode_manifest(await manifest_of(deps.objects, said.tron))
    return Tested(said.identity, said.tron, networks_of_manifest(manifest), quantized_to(manifest))


async def dataset_kind(deps: Deps, dataset_id: UUID) -> Family:
    """What the dataset is for.

    Raises:
        ApiRefusal: there is none (422), or the dataset was deleted (409).
    """
    row = await usable_entity(deps, "dataset", dataset_id)
    return msgspec.json.decode(row.document, type=DatasetCreated).type


async def dataset_version(deps: Deps, dataset_id: UUID, version_job_id: UUID | None) -> DatasetRef:
    """The dataset in the version that the job made; without a job in the newest one.

    Raises:
        ApiRefusal: there is none (422), or the dataset was deleted (409).
    """
    dataset = await usable_entity(deps, "dataset", dataset_id)
    version = await product(deps, "dataset_version", dataset_id, version_job_id)
    return DatasetRef(dataset_id, dataset.name, msgspec.json.decode(version.document, type=DatasetImported).pack)


async def product(deps: Deps, kind: str, entity_id: UUID, job_id: UUID | None) -> ProductRow:
    """The product that the job made for the entity; without a job the newest one.

    Raises:
        ApiRefusal: `revision_unknown`, `revision_missing`, `dataset_version_unknown`, `dataset_version_missing`.
    """
    made = await deps.views.products(kind, [entity_id])
    wanted = [row for row in made if job_id is None or row.job_id == job_id]
    if wanted:
        return wanted[-1]
    if made:
        raise refusal(f"{kind}_unknown", job_id=job_id)
    raise refusal(f"{kind}_missing", id=entity_id)


async def _document(deps: Deps, job_id: UUID) -> TemplateDocument:
    """The model as the conversion was asked to make it, overrides applied."""
    job = await deps.views.job(job_id)
    if job is None:
        # Products and jobs are rows of one partition, written together.
        raise LookupError(f"job {job_id} made a revision and has no row: rebuild the read models")
    stored = msgspec.json.decode(job.request, type=ConversionRequested).template
    return await load_template(deps, stored)


def networks_of_template(document: TemplateDocument) -> list[Network]:
    """The networks of a model that was converted with this template."""
    return [
        Network(
            sub.name,
            sub.method or document.method,
            proposed_chain(sub.input_shape[1:], sub.args),
            sub.max_batch,
            sub.tasks,
        )
        for sub in document.sub_templates
    ]


def networks_of_manifest(manifest: TronManifest) -> list[Network]:
    """The networks of a Tron file, which may say itself how images come to them."""
    return [
        Network(
            sub.name,
            sub.method or manifest.method,
            sub.steps or proposed_chain(sub.input.shape, sub.args),
            sub.max_batch,
            sub.tasks,
        )
        for sub in manifest.sub_models
    ]


def quantized_to(manifest: TronManifest) -> tuple[Precision, ...]:
    """The precisions that all networks of the file were quantized to, the latest last."""
    kept = [[other.precision for other in sub.other_graphs] for sub in manifest.sub_models]
    return tuple(each for each in kept[0] if all(each in own for own in kept))


def own_kind(networks: Sequence[Network]) -> Family:
    """What the model answers by itself: that of its first network whose method can be scored.

    Raises:
        ApiRefusal: `model_not_scorable`.
    """
    known = [spec.family for each in networks if (spec := method(each.method)) is not None]
    if (found := next((each for each in known if each != "raw"), None)) is None:
        raise refusal("model_not_scorable", methods=", ".join(each.method for each in networks), type="raw")
    return found


def model_tasks(networks: Sequence[Network], kind: Family) -> list[TaskSpec]:
    """The tasks of the networks that a dataset of this kind scores, by the names that tests know them by."""
    scored = [each for each in networks if (spec := method(each.method)) is not None and spec.family == kind]
    return head_tasks([(each.name, task) for each in scored for task in each.tasks])


def proposed_steps(networks: Sequence[Network], kind: Family) -> tuple[Step, ...]:
    """The chain of what a dataset of this kind scores; none where the networks want different ones, so that each takes
    its own.

    Raises:
        ApiRefusal: `model_not_scorable`.
    """
    specs = [(each, method(each.method)) for each in networks]
    scored = [each for each, spec in specs if spec is not None and spec.family == kind]
    if not scored:
        raise refusal("model_not_scorable", methods=", ".join(each.method for each in networks), type=kind)
    chains = {each.steps for each in scored}
    return chains.pop() if len(chains) == 1 else ()


def refusal(code: str, **params: object) -> ApiRefusal:
    """422 with this code."""
    said = {name: str(value) for name, value in params.items()}
    return ApiRefusal.of(HTTPStatus.UNPROCESSABLE_ENTITY, Code(code, said))
