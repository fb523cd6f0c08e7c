"""Packs a folder of labelled images, or of any package, into one file, the same bytes for the same files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from api.client.errors import BadInputError
from storage.datasets.zipping import PackageZip

FILES_MAX = 5_000_000


def pack_folder(folder: Path, target: Path, progress: Callable[[int, int], None] | None = None) -> int:
    """Write `class/name` for every file in the folder's sub-folders to a STORED zip; how many files there are.

    Files whose name begins with a dot, and links, are left out. What is no image is left to the import, which says so.

    Raises:
        BadInputError: not a folder, or no file in any sub-folder.
    """
    return _pack(folder, labelled_files(folder), target, progress)


def pack_tree(folder: Path, target: Path, progress: Callable[[int, int], None] | None = None) -> int:
    """Write every file below the folder, under its name from there, to a STORED zip; how many files there are.

    Files and folders whose name begins with a dot, and links, are left out.

    Raises:
        BadInputError: not a folder, no file in it, or too many.
    """
    if not folder.is_dir():
        raise BadInputError(f"{folder} is not a folder", "folder_missing", path=str(folder))
    files: list[Path] = []
    waiting = [folder]
    while waiting and len(files) <= FILES_MAX:
        there = [path for path in waiting.pop().iterdir() if not _hidden(path)]
        waiting += [path for path in there if path.is_dir()]
        files += [path for path in there if path.is_file()]
    if not 0 < len(files) <= FILES_MAX:
        raise BadInputError(
            f"{folder} has {len(files)} files", "folder_without_files", path=str(folder), max=str(FILES_MAX)
        )
    return _pack(folder, sorted(files), target, progress)


def _pack(folder: Path, files: list[Path], target: Path, progress: Callable[[int, int], None] | None) -> int:
    with PackageZip(target) as package:
        for done, path in enumerate(files, start=1):
            package.add_file(path.relative_to(folder).as_posix(), path)
            if progress is not None:
                progress(done, len(files))
    return len(files)


def labelled_files(folder: Path) -> list[Path]:
    """The files `class/name`, in the order of their names.

    Raises:
        BadInputError: not a folder, or no file in any sub-folder, or too many.
    """
    if not folder.is_dir():
        raise BadInputError(f"{folder} is not a folder", "folder_missing", path=str(folder))
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path))
    files = [path for one in classes for path in sorted(one.iterdir()) if path.is_file() and not _hidden(path)]
    if not files or len(files) > FILES_MAX:
        raise BadInputError(
            f"{folder} needs one folder per class with its images inside (and at most {FILES_MAX} files)",
            "folder_without_classes",
            path=str(folder),
        )
    return files


def _hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.is_symlink()
