"""Dataset packages on this machine: merged, filtered, renamed, split, exported. Nothing is asked of the API.

A source is a zip or a folder in any format that Mo reads, a downloaded dataset among them; a result is a new zip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from api.client.errors import BadInputError
from api.texts import render
from schemas.values import Code
from storage.datasets import collection
from storage.datasets.collection import Collection, collected
from storage.datasets.exporting import Exported, Progress, export
from storage.datasets.files import PackageError
from storage.datasets.package import AUTO, open_package
from storage.datasets.writers import WRITERS

__all__ = [
    "Exported",
    "Source",
    "export_package",
    "filter_package",
    "merge_packages",
    "rename_classes",
    "split_package",
]


class Source(NamedTuple):
    """A package to read: its path, its format if it is not to be found out, and which of its splits is meant."""

    path: Path
    format: str = AUTO
    split: str = ""


def merge_packages(
    sources: Sequence[Source], target: Path, *, format_: str = "", progress: Progress | None = None
) -> Exported:
    """All images of the sources in one package; an image that comes again counts once.

    `format_` (here and below): the result's, else the first source's own.

    Raises:
        BadInputError: a source is no usable package, `target` is there already, or the codes of `collection.merged`
            and `exporting.export`.
    """
    return _made(sources, target, format_, progress, collection.merged)


def filter_package(
    source: Source,
    target: Path,
    *,
    keep: Sequence[str] = (),
    without: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
    key: str = "",
    with_boxes: bool = False,
    format_: str = "",
    progress: Progress | None = None,
) -> Exported:
    """Only what is wanted of the source; the options are those of `collection.filtered`.

    Raises:
        BadInputError: as `merge_packages`, with the codes of `collection.filtered`.
    """

    def change(parts: Sequence[Collection]) -> Collection:
        return collection.filtered(parts[0], keep=keep, without=without, where=where, key=key, with_boxes=with_boxes)

    return _made([source], target, format_, progress, change)


def rename_classes(
    source: Source,
    target: Path,
    names: Mapping[str, str],
    *,
    key: str = "",
    format_: str = "",
    progress: Progress | None = None,
) -> Exported:
    """The source with classes under new names (old -> new); several that get one name become one class.

    Raises:
        BadInputError: as `merge_packages`, with the codes of `collection.renamed`.
    """
    return _made([source], target, format_, progress, lambda parts: collection.renamed(parts[0], names, key=key))


def export_package(source: Source, target: Path, *, format_: str, progress: Progress | None = None) -> Exported:
    """The source in another format; what that has no place for is counted in `lost`.

    Raises:
        BadInputError: as `merge_packages`.
    """
    return _made([source], target, format_, progress, lambda parts: parts[0])


def split_package(
    source: Source,
    target: Path,
    shares: Mapping[str, float],
    *,
    seed: int = 0,
    format_: str = "",
    progress: Progress | None = None,
) -> list[Exported]:
    """The source in parts: `out.zip` with the shares train and val gives `out-train.zip` and `out-val.zip`.

    Raises:
        BadInputError: as `merge_packages`, with the codes of `collection.divided`.
    """
    with _opened([source]) as (parts, own):
        divided = collection.divided(parts[0], shares, seed=seed)
        targets = {name: target.with_name(f"{target.stem}-{name}{target.suffix}") for name in divided}
        for path in targets.values():
            _free(path)
        return [export(part, targets[name], format_ or own, progress) for name, part in divided.items()]


def _made(
    sources: Sequence[Source],
    target: Path,
    format_: str,
    progress: Progress | None,
    change: Callable[[Sequence[Collection]], Collection],
) -> Exported:
    _free(target)
    with _opened(sources) as (parts, own):
        return export(change(parts), target, format_ or own, progress)


def _free(path: Path) -> None:
    if path.exists():
        raise BadInputError(f"{path} is there already", "target_exists", path=str(path))
    if not path.parent.is_dir():
        raise BadInputError(f"{path.parent} is not a folder", "folder_missing", path=str(path.parent))


@contextmanager
def _opened(sources: Sequence[Source]) -> Iterator[tuple[list[Collection], str]]:
    """The sources' images, and the format that the result has if none is asked for."""
    for source in sources:
        if not source.path.exists():
            raise BadInputError(f"{source.path} cannot be read", "file_missing", path=str(source.path))
    try:
        with ExitStack() as stack:
            packages = [stack.enter_context(open_package(*source)) for source in sources]
            own = packages[0].format if packages[0].format in WRITERS else "labelx"
            yield [collected(package) for package in packages], own
    except PackageError as error:
        raise BadInputError(render(Code(error.code, error.params), "en"), error.code, **error.params) from error
