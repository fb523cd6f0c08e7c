"""Our own processes in the embedded stack, as data that fits on a command line."""

from __future__ import annotations

from typing import Literal

import msgspec


class App(msgspec.Struct, frozen=True):
    """A process of the house: `argv` without the Python interpreter.

    `ready` is "http" (the API's address answers), "alive" (it runs) or "once" (it must end with 0 before the apps
    that are listed after it start). `metrics` names the kept port at which it serves /metrics; "" for none of its own.
    """

    name: str
    argv: tuple[str, ...]
    ready: Literal["http", "alive", "once"] = "alive"
    metrics: Literal["", "projector", "agent"] = ""


APPS: tuple[App, ...] = (
    App("provision", ("-m", "deploy.main", "run", "provision"), "once"),
    App("api", ("-m", "deploy.main", "run", "api"), "http"),
    App("projector", ("-m", "deploy.main", "run", "projector"), metrics="projector"),
    App("agent-nvidia", ("-m", "deploy.main", "run", "agent"), metrics="agent"),
)
"""The whole system; they are stopped in this order."""


def stages(apps: tuple[App, ...]) -> list[tuple[App, ...]]:
    """The apps in groups that may start together: a one-shot app is a group of its own."""
    groups: list[tuple[App, ...]] = []
    for app in apps:
        if app.ready != "once" and groups and groups[-1][-1].ready != "once":
            groups[-1] = (*groups[-1], app)
        else:
            groups.append((app,))
    return groups
