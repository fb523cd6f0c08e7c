"""Reads ImageFolder: `<class>/<image>`, optionally all under one more folder. The only key is named `class`."""

from __future__ import annotations

from collections import Counter

from schemas.specs.mapping import TASK, key_of
from storage.datasets.files import Files, PackageError
from storage.datasets.source import Contents, SourceRecord, choose_split, is_image, split_named

CLASSES_MAX = 100_000
CLASS_CHARS_MAX = 200


def read_imagefolder(files: Files, split: str = "") -> Contents:
    """The images by the folders that they lie in.

    Raises:
        PackageError: `package_splits` (train, val, ... side by side), `package_split_missing`,
            `package_classes_too_many`.
    """
    nested = [parts for parts in files if len(parts) >= 3]
    tops = {parts[0] for parts in files if len(parts) >= 2}
    flat = any(len(parts) == 2 and is_image(parts) for parts in files)
    skip = 1 if nested and len(tops) == 1 and not flat else 0
    folders = {parts[skip] for parts in files if len(parts) >= skip + 2}
    if nested and all(split_named(each) is not None for each in folders):
        if len(folders) > 1 and not split:
            raise PackageError("package_splits", folders=", ".join(sorted(folders)))
        if split:
            choose_split(files, split)
            skip += 1
    elif split:
        raise PackageError("package_split_missing", split=split[:100], known="")
    records = []
    for parts in tuple(files):
        if len(parts) < skip + 2:
            files.leave_out(parts, "no_class_folder")
        elif len(parts[skip]) > CLASS_CHARS_MAX:
            files.leave_out(parts, "class_name_too_long")
        else:
            records.append(SourceRecord("/".join(parts[skip:]), parts, {TASK: parts[skip]}))
    counts = Counter(record.values[TASK] for record in records)
    if len(counts) > CLASSES_MAX:
        raise PackageError("package_classes_too_many", max=CLASSES_MAX)
    return Contents((key_of(TASK, "radio", dict(sorted(counts.items()))),), tuple(records))


def read_images(files: Files, split: str = "") -> Contents:
    """All images of the package, in whatever folders, without labels: for a quick look at what a model finds."""
    choose_split(files, split)
    records = []
    for parts in tuple(files):
        if is_image(parts):
            records.append(SourceRecord("/".join(parts), parts))
        else:
            files.leave_out(parts, "not_an_image")
    return Contents((), tuple(records))
