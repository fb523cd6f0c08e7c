"""How versions follow each other."""

from __future__ import annotations

import re

_LAST_NUMBER = re.compile(r"([0-9]+)(?=[^0-9]*\Z)")


def successor(version: str) -> str:
    """The version after `version`: its last number plus one (leading zeros kept), or `-2` appended if it has none."""
    if not (match := _LAST_NUMBER.search(version)):
        return f"{version}-2"
    number = str(int(match[1]) + 1).zfill(len(match[1]))
    return version[: match.start(1)] + number + version[match.end(1) :]
