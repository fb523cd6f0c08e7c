"""Methods that installed packages bring: their specs, by entry point. Whoever installs a package trusts it.

Only the specs are imported here, by every process that reads templates; decoding is imported by job children alone.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from schemas.specs.method_spec import MethodSpec
from schemas.specs.methods import register

GROUP = "mo.methods"


class PluginError(RuntimeError):
    """An installed package's method cannot be used; the text names it and says what to do."""


def register_installed() -> tuple[str, ...]:
    """Add the methods of all installed packages to the catalogue, once at the start of a process; their names.

    Raises:
        PluginError: one of them cannot be imported, is no `MethodSpec`, or has a name that is taken.
    """
    names = []
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        spec = _loaded(entry)
        try:
            register(spec)
        except ValueError as error:
            raise _unusable(entry, error) from error
        names.append(spec.name)
    return tuple(names)


def _loaded(entry: EntryPoint) -> MethodSpec:
    try:
        spec = entry.load()
    except Exception as error:
        raise _unusable(entry, error) from error
    if not isinstance(spec, MethodSpec) or spec.name != entry.name or not spec.decode:
        raise _unusable(entry, "it must be a MethodSpec of that name with `decode`")
    return spec


def _unusable(entry: EntryPoint, why: object) -> PluginError:
    package = entry.dist.name if entry.dist is not None else "an unknown package"
    return PluginError(f"the method {entry.name} ({entry.value}) of {package} cannot be used: {why}; mend or remove it")
