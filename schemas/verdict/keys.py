"""Keys of figures: `MEASURE/TASK`, in a slice `MEASURE/TASK@DIMENSION=VALUE`; no two figures have the same.

What stands between the names may be in them too: `@` in a task is written %40, `=` in a dimension %3D, and a per cent
sign before 40, 3D or 25, which would be taken for one of these, %25. All other names stand as they are.
"""

from __future__ import annotations

import re
from typing import NamedTuple

WHOLE = ""
"""The group of all images; the other groups are slices, named by `slice_name`."""
_ESCAPES = {"%40": "@", "%3D": "=", "%25": "%"}
_ESCAPED = re.compile("|".join(_ESCAPES))
_MISTAKEN = re.compile("%(?=40|3D|25)")


class Names(NamedTuple):
    """What a key names; `dimension` and `value` are empty for all images, and `task` where the measure has none."""

    measure: str
    task: str
    dimension: str
    value: str


def in_group(measure: str, group: str) -> str:
    """The key of a measure (`MEASURE/TASK`, as the task is called) in a group of images."""
    key = _MISTAKEN.sub("%25", measure).replace("@", "%40")
    return f"{key}@{group}" if group != WHOLE else key


def slice_name(dimension: str, value: str) -> str:
    """The group of the images that have this value in the dimension."""
    return f"{_MISTAKEN.sub('%25', dimension).replace('=', '%3D')}={value}"


def in_slice(key: str) -> bool:
    """Whether the key is of a slice."""
    return "@" in key


def names_in(key: str) -> Names:
    """What the key names."""
    figure, _, group = key.partition("@")
    measure, _, task = figure.partition("/")
    dimension, _, value = group.partition("=")
    return Names(measure, _plain(task), _plain(dimension), value)


def _plain(name: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], name)
