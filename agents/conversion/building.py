"""Makes the user's network: imports the structure, finds its class, and calls it with the arguments it asks for.

Every argument comes from the first of these that has it: the type config, what the checkpoint says of itself, the
template's num_classes, the constructor's default. Runs the user's code.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from agents.conversion.loading import found_in
from agents.sandbox.inside import Refused, listed, shortened
from schemas.specs.structures import StructureRefusedError, locate

FOLDER = "structure_files"
"""In the scratch folder: where the structure's files lie while they are imported."""
REFERENCE = "$checkpoint."
"""A text in the type config that begins so is a value of the checkpoint (`$checkpoint.hyper_parameters.width`)."""
PLACES = ("hyper_parameters", "config", "cfg", "args", "hparams", "model_args", "model_config")
"""Where training frames keep what a network was made with."""
VALUE_PARTS_MAX = 10_000

_ABOUT_TRAINING = frozenset({"device", "pretrained", "weights", "checkpoint", "ckpt_path", "resume"})
"""Said of a training run, not of the network: they are never taken from a checkpoint."""
_OURS = ("agents", "api", "consumers", "deploy", "producers", "schemas", "storage")
_POSITION = re.compile(rf'{FOLDER}/([^"\s]+\.py)", line (\d+)')


class Settings(dict[str, Any]):
    """A dictionary whose values can be read as attributes too, as training frames give them to a network."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


class Argument(NamedTuple):
    """What a constructor's parameter is given, and who says so."""

    value: Any
    source: str


def load_class(source: bytes, class_name: str, scratch: Path) -> type[torch.nn.Module]:
    """The class in the structure (a Python file, or a zip of several), imported from `scratch`.

    Raises:
        Refused: those of `schemas.specs.structures.locate`; `structure_import_missing`, `structure_failed`,
            `structure_class_missing`.
    """
    try:
        located = locate(source, class_name)
    except StructureRefusedError as error:
        raise Refused(error.problem.code, **error.problem.params) from error
    folder = scratch / FOLDER
    for name, data in located.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    _make_room(name.split("/")[0].removesuffix(".py") for name in located.files)
    sys.path.insert(0, str(folder))
    try:
        made = getattr(importlib.import_module(located.module), class_name, None)
    except ModuleNotFoundError as error:
        raise Refused("structure_import_missing", module=error.name) from error
    except (Exception, SystemExit) as error:
        raise Refused("structure_failed", error=told(error)) from error
    if not (isinstance(made, type) and issubclass(made, torch.nn.Module)):
        raise Refused("structure_class_missing", class_name=class_name, found=type(made).__name__)
    return made


def _make_room(names: Iterable[str]) -> None:
    """A structure's own `storage.py` is meant when it imports `storage`, not ours, nor an earlier structure's."""
    own = {*names}
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if top in own and (top in _OURS or FOLDER in str(getattr(module, "__file__", ""))):
            del sys.modules[name]
    importlib.invalidate_caches()


def told(error: BaseException) -> str:
    """The error with the line of the structure where it happened."""
    text = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{name}:{frame.lineno}" for frame in frames if (name := frame.filename.partition(f"{FOLDER}/")[2])]
    places = places or [f"{name}:{line}" for name, line in _POSITION.findall(str(error))]
    return f"{shortened(text)[:200]} ({places[-1]})" if places else text


def arguments(
    made: type[torch.nn.Module], config: Mapping[str, Any], loaded: object, num_classes: int
) -> dict[str, Argument]:
    """What the constructor is called with, parameter by parameter; defaults are named too, and not passed.

    Raises:
        Refused: `structure_arguments_missing`, `structure_arguments_unknown`, `checkpoint_value_missing`,
            `structure_failed` (a class that cannot be looked at).
    """
    parameters = _parameters(made)
    open_ended = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    named = {
        name: each for name, each in parameters.items() if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    }
    wanted = ", ".join(_shown(each) for each in named.values()) or "-"
    if not open_ended and (unknown := sorted(config.keys() - named.keys())):
        raise Refused("structure_arguments_unknown", class_name=made.__name__, unknown=listed(unknown), wanted=wanted)
    found = {name: Argument(_resolved(value, loaded), "type_config") for name, value in config.items()}
    for name, parameter in named.items():
        if name not in found and (argument := _offered(name, parameter, loaded, num_classes)):
            found[name] = argument
    if missing := [name for name in named if name not in found]:
        raise Refused("structure_arguments_missing", class_name=made.__name__, missing=listed(missing), wanted=wanted)
    return found


def _parameters(made: type) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(made).parameters
    except (TypeError, ValueError) as error:
        raise Refused("structure_failed", error=told(error)) from error


def _shown(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return parameter.name
    return f"{parameter.name}={shortened(repr(parameter.default))[:40]}"


def _offered(name: str, parameter: inspect.Parameter, loaded: object, num_classes: int) -> Argument | None:
    """A value for a parameter that the type config does not name."""
    if name not in _ABOUT_TRAINING:
        for place, values in _places(loaded):
            if name in values and _is_plain(values[name]):
                return Argument(_settings(values[name]), f"checkpoint.{place}{name}")
            if name == "hparams" and place == "hyper_parameters." and _is_plain(values):
                return Argument(_settings(values), "checkpoint.hyper_parameters")
    if name == "num_classes":
        return Argument(num_classes, "template")
    if parameter.default is not parameter.empty:
        return Argument(parameter.default, "default")
    return None


def _places(loaded: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(loaded, Mapping):
        return
    for place in PLACES:
        if isinstance(values := loaded.get(place), Mapping):
            yield f"{place}.", values
    yield "", loaded


def _is_plain(value: object) -> bool:
    """Plain data, and not much of it: no tensors, nothing that could not be read."""
    waiting, parts = [value], 0
    while waiting:
        each = waiting.pop()
        parts += 1
        if isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, list | tuple):
            waiting += each
        elif not (each is None or type(each) in (bool, int, float, str)):
            return False
        if parts > VALUE_PARTS_MAX:
            return False
    return True


def _settings(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Settings({str(name): _settings(each) for name, each in value.items()})
    if isinstance(value, list | tuple):
        return type(value)(_settings(each) for each in value)
    return value


def _resolved(value: Any, loaded: object) -> Any:
    """A value of the type config, its references to the checkpoint replaced by what they stand for."""
    if isinstance(value, dict):
        return Settings({name: _resolved(each, loaded) for name, each in value.items()})
    if isinstance(value, list):
        return [_resolved(each, loaded) for each in value]
    if not (isinstance(value, str) and value.startswith(REFERENCE)):
        return value
    at = loaded
    for part in value.removeprefix(REFERENCE).split("."):
        if not (isinstance(at, Mapping) and part in at):
            raise Refused("checkpoint_value_missing", reference=value, found=found_in(at))
        at = at[part]
    if not _is_plain(at):
        raise Refused("checkpoint_value_missing", reference=value, found=type(at).__name__)
    return _settings(at)


def build(made: type[torch.nn.Module], found: Mapping[str, Argument]) -> torch.nn.Module:
    """The network, with random weights.

    Raises:
        Refused: `structure_failed`.
    """
    try:
        return made(**{name: each.value for name, each in found.items() if each.source != "default"})
    except (Exception, SystemExit) as error:
        raise Refused("structure_failed", error=told(error)) from error


def reported(found: Mapping[str, Argument]) -> dict[str, str]:
    """Every argument with its value and who said it, as the report shows them: `4 <- type_config`."""
    return {name: f"{shortened(repr(each.value))[:200]} <- {each.source}" for name, each in found.items()}
