"""A type config: the constructor's keyword arguments for one variant of a network, as JSON or YAML."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import yaml

from schemas.values import Code, sayable

TYPE_CONFIG_BYTES_MAX = 64 << 10


class TypeConfigRefusedError(ValueError):
    """These bytes are no type config; `problem` says why."""

    def __init__(self, problem: Code) -> None:
        self.problem = problem
        super().__init__(f"{problem.code} {problem.params}")


class _Loader(yaml.SafeLoader):
    """Plain values only, without anchors: a few lines of aliases can mean gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed")
        return super().compose_node(parent, index)


# YAML 1.1 takes 1e-5 for a text, which no author of a network means
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+"), list("-+0123456789")
)


def read_type_config(data: bytes) -> dict[str, Any]:
    """The keyword arguments in the file.

    Raises:
        TypeConfigRefusedError: `type_config_unreadable`: it is neither JSON nor YAML, or holds what JSON cannot say;
            `type_config_no_mapping`: it holds something else, or a key that is no argument's name.
    """
    read = _read(data)
    if not isinstance(read, dict):
        raise _refused("type_config_no_mapping", found=type(read).__name__)
    for name in read:
        if not (isinstance(name, str) and name.isidentifier()):
            raise _refused("type_config_no_mapping", found=str(name)[:100])
    try:
        # half a surrogate, an endless integer, keys of keys: whoever shows the arguments could not
        msgspec.json.encode(read)
    except Exception as error:
        raise _unreadable(error) from error
    return read


def _read(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        pass
    try:
        return _Loader(data).get_single_data()
    except Exception as error:  # whatever a value's tag makes of a text that is none of its kind
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> TypeConfigRefusedError:
    return _refused("type_config_unreadable", detail=" ".join(str(error).split())[:200])


def _refused(code: str, **params: str) -> TypeConfigRefusedError:
    return TypeConfigRefusedError(Code(code, {name: sayable(text) for name, text in params.items()}))
