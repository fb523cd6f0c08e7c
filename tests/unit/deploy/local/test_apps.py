"""What starts together, and what waits."""

from __future__ import annotations

import msgspec

from deploy.local.apps import APPS, App, stages


def test_a_one_shot_app_is_done_before_the_others_start() -> None:
    assert [[app.name for app in group] for group in stages(APPS)] == [
        ["provision"],
        ["api", "projector", "agent-nvidia"],
    ]


def test_two_one_shot_apps_run_one_after_the_other() -> None:
    once, other = App("x", ("-c", "pass"), "once"), App("y", ("-c", "pass"))
    assert stages((once, once, other, other, once)) == [(once,), (once,), (other, other), (once,)]
    assert stages(()) == []


def test_apps_fit_on_a_command_line() -> None:
    assert msgspec.json.decode(msgspec.json.encode(APPS), type=tuple[App, ...]) == APPS
