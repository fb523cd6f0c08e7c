"""A Tron's networks, loaded into the runtime that does the test, and the tasks that they are to answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agents.evaluation.matching import Match, answerable, asked_pairs, check_heads, match_tasks
from agents.evaluation.networks import Network, Plain, chain_of, graph_path, plain
from agents.evaluation.passes import Model
from agents.evaluation.plan import Plan
from agents.runtimes.base import LoadError
from agents.runtimes.choosing import Choice, Graph, choose
from agents.sandbox.inside import Refused, listed
from schemas.events.tests import Trial
from schemas.specs.method_spec import Family
from schemas.specs.methods import method_problems, output_problem
from schemas.specs.parts import TaskSpec
from schemas.specs.testing import head_tasks
from schemas.tron import TronManifest
from storage.datasets.pack import PackInfo
from storage.tron_file import TronFile

PLATFORM = "nvidia"
"""The one platform whose models can be tested: nothing runs box models yet."""


class Loaded(NamedTuple):
    """The networks, and how their runtime was chosen."""

    networks: tuple[Network, ...]
    trials: tuple[Trial, ...]


def load(plan: Plan, tron: Path, family: Family | None) -> Loaded:
    """The Tron's networks, loaded; the steps asked for are those of the networks of the `family` that is scored (of
    all networks that look at whole images, where nothing is).

    Raises:
        Refused: `platform_not_available`, `batch_size_over_max`, `model_not_scorable`, the codes of `LoadError`, of
            `method_problems`, `output_problem` and `chain_problem`.
    """
    if plan.platform != PLATFORM:
        raise Refused("platform_not_available", platform=plan.platform)
    with TronFile(tron) as file:
        found = _fit(plan, file.manifest, family)
        graphs = [_graph(file, each, position) for position, each in enumerate(found)]
    try:
        choice = choose(plan.backend, plan.precision, graphs, plan.platform, plan.batch_size)
    except LoadError as error:
        raise Refused(error.code.code, **error.code.params) from error
    return Loaded(_networks(plan, found, choice, family), choice.trials)


def _fit(plan: Plan, manifest: TronManifest, family: Family | None) -> tuple[Plain, ...]:
    """The sub-models, which an uploaded manifest may say anything of."""
    if (made_for := manifest.identity.platform) != plan.platform:
        raise Refused("platform_not_available", platform=made_for)
    for problem in method_problems(manifest.method, manifest.sub_models):
        raise Refused(problem.code, **problem.params)
    found = plain(manifest)
    max_batch = min(each.sub.max_batch for each in found)
    if plan.batch_size > max_batch:
        raise Refused("batch_size_over_max", batch_size=plan.batch_size, max=max_batch)
    if family is not None and not any(each.spec.family == family for each in found):
        raise Refused("model_not_scorable", methods=listed([each.spec.name for each in found]), type=family)
    return found


def _graph(file: TronFile, each: Plain, position: int) -> Graph:
    path = graph_path(Path.cwd(), position)
    path.parent.mkdir()
    file.extract_graph(each.sub, path)
    return Graph(path, each.sub.input.name, each.sub.input.shape)


def _networks(plan: Plan, found: Sequence[Plain], choice: Choice, family: Family | None) -> tuple[Network, ...]:
    loaded = []
    for each, session in zip(found, choice.sessions, strict=True):
        scored = each.spec.family == family if family is not None else each.source is None
        network = Network(each, session, chain_of(each.sub, plan.steps if scored else ()))
        slots = network.slots(1)
        network.prepare(1)
        shapes = [output.shape[1:] for output in network.trial(slots, 1)]
        sub = each.sub
        if (problem := output_problem(each.spec.name, sub.args, sub.tasks, shapes)) is not None:
            raise Refused(problem.code, **problem.params)
        loaded.append(network)
    return tuple(loaded)


def model_of(loaded: Loaded, info: PackInfo, plan: Plan) -> Model:
    """The model with the tasks that the dataset's are matched with; only networks of the dataset's kind answer.

    Raises:
        Refused: those of `matching`.
    """
    heads, tasks = _heads(loaded.networks, info.type)
    asked = plan.options
    matches = match_tasks(tasks, answerable(info, asked.dimensions), asked_pairs(info, asked))
    check_heads(matches, asked.dimensions)
    return Model(loaded.networks, heads, matches)


def model_alone(loaded: Loaded) -> Model:
    """The model with all its classification tasks, which nobody knows the answers of."""
    heads, tasks = _heads(loaded.networks, "classification")
    matches = tuple(Match(number, task.name, "", task.classes) for number, task in enumerate(tasks))
    return Model(loaded.networks, heads, matches)


def _heads(networks: Sequence[Network], family: Family) -> tuple[tuple[tuple[int, int], ...], list[TaskSpec]]:
    """(network, task of that network) of each task of the family, and the tasks; of one name with the network's."""
    chosen = [
        (number, place, network.about.sub.name, task)
        for number, network in enumerate(networks)
        if network.family == family
        for place, task in enumerate(network.about.sub.tasks)
    ]
    tasks = head_tasks([(sub, task) for *_, sub, task in chosen])
    return tuple((number, place) for number, place, *_ in chosen), tasks
