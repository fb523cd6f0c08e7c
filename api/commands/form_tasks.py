"""The tasks of a test's form, without those that were deleted from its list."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.commands.tested import Tested, model_tasks, refusal
from api.deps import Deps
from api.packs import OpenPacks
from api.wishes import InferenceWish
from schemas.specs.method_spec import Family
from schemas.specs.parts import TaskSpec
from schemas.specs.testing import Dimension, TaskPair, TestOptions, proposed_tasks, without_task
from schemas.values import DatasetRef
from storage.datasets.pack import PackInfo


async def options_left(
    deps: Deps, packs: OpenPacks, wish: InferenceWish, model: Tested, dataset: DatasetRef, kind: Family
) -> TestOptions:
    """What the wish asks for: a deleted task takes the dimension made of it along.

    Without pairs the list is what the form is filled with, switched dimensions included.

    Raises:
        ApiRefusal: `task_pair_unknown`, `tasks_all_deleted`, and those of `OpenPacks.tables`.
    """
    if not wish.without_tasks:
        return wish.options
    pairs = wish.options.tasks
    if not pairs:
        info = (await packs.tables(deps.objects, dataset.pack)).info
        pairs = _filled_in(model, kind, info, wish.options.dimensions)
    options = msgspec.structs.replace(wish.options, tasks=pairs)
    for name in wish.without_tasks:
        listed = [pair.dataset_task for pair in options.tasks]
        if name not in listed:
            raise refusal("task_pair_unknown", side="dataset", task=name, known=", ".join(listed))
        options = without_task(options, name)
    if not options.tasks:
        raise refusal("tasks_all_deleted")
    return options


def _filled_in(model: Tested, kind: Family, info: PackInfo, dimensions: Sequence[Dimension]) -> tuple[TaskPair, ...]:
    own = {task.name for task in info.tasks}
    switched = [
        TaskSpec(each.name, tuple(info.dimensions[each.name]))
        for each in dimensions
        if each.as_task and each.name in info.dimensions and each.name not in own
    ]
    return proposed_tasks(model_tasks(model.networks, kind), [*info.tasks, *switched])
