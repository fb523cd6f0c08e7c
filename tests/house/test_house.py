"""The house rules that a machine can hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from schemas.events import CATALOGUE
from schemas.topics import TOPICS, topic_of

ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "storage", "producers", "consumers", "api", "agents", "deploy")
FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400
TOP_LEVEL = {*ROOMS, "tests", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"}
SAID_IN_README = re.compile(r"`([a-z_/]+\.py):([A-Za-z_][A-Za-z_.]*)`")


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


@cache
def calls(*folders: str) -> set[str]:
    """Names called anywhere in the folders: `Name(...)` or `module.Name(...)`."""
    found: set[str] = set()
    for path in modules(*folders):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                function = node.func
                found.add(function.id if isinstance(function, ast.Name) else getattr(function, "attr", ""))
    return found


@cache
def names(*folders: str) -> set[str]:
    """Names read anywhere in the folders."""
    return {
        node.id if isinstance(node, ast.Name) else node.value
        for path in modules(*folders)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    }


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_event_has_a_topic_and_a_golden_record(name: str):
    event = CATALOGUE[name]
    assert topic_of(event) in TOPICS.values()
    assert (ROOT / "tests" / "golden" / f"{name}.v{event.VERSION}.json").exists()


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_event_has_somebody_who_says_it(name: str):
    assert name in calls("producers", "agents", "consumers"), f"nobody says {name}"


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_event_has_somebody_who_hears_it(name: str):
    folds = names("schemas") if name in {"JobCancelled"} else set()
    heard = names("consumers", "agents") | folds | names_in(ROOT / "schemas" / "lifecycle.py")
    heard |= names_in(ROOT / "schemas" / "catalogue.py")
    assert name in heard, f"nobody hears {name}"


@cache
def names_in(path: Path) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("path", [*modules(*ROOMS, "tests")], ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short_and_files_say_their_job(path: Path):
    text = path.read_text()
    tree = ast.parse(text)
    assert len(text.splitlines()) <= FILE_LINES_MAX, "a room that outgrew its wall: split it by what it knows"
    assert ast.get_docstring(tree), "the first line of a file says its one job"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, f"{node.name} has {lines} lines"


PAGE_SOURCES = sorted(each for ending in ("ts", "tsx") for each in (ROOT / "api/dashboard/src").rglob(f"*.{ending}"))


@pytest.mark.parametrize(
    "path",
    [each for each in PAGE_SOURCES if each.name != "schema.d.ts"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_pages_files_are_short_and_say_their_job(path: Path):
    text = path.read_text()
    assert len(text.splitlines()) <= FILE_LINES_MAX
    assert text.startswith("/** ") or ".test." in path.name, "the first line of a file says its one job"
    assert "dangerouslySetInnerHTML" not in text, "what people wrote is text, never markup"
    assert "autoSize" not in text, "Ant Design measures such a field by a style that our policy refuses: give it rows"


def test_the_readme_names_functions_that_exist():
    said = SAID_IN_README.findall((ROOT / "README.md").read_text())
    assert len(said) >= 10, "the path of an event is told as file:function"
    for file, dotted in said:
        scope: ast.AST = ast.parse((ROOT / file).read_text())
        for part in dotted.split("."):
            found = [
                node
                for node in ast.iter_child_nodes(scope)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == part
            ]
            assert found, f"README names {file}:{dotted}, which does not exist"
            scope = found[0]


def test_no_installed_package_takes_our_names():
    owners = packages_distributions()
    for room in ROOMS:
        assert set(owners.get(room, [])) <= {"mo-system"}, f"{owners[room]} brings a top-level {room}"


def test_the_top_level_is_what_was_agreed():
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith((".", "__"))}
    assert visible - {"dist"} == TOP_LEVEL


def test_no_room_is_empty():
    for folder in {path.parent for path in modules(*ROOMS)}:
        assert [path for path in folder.iterdir() if path.name not in {"__init__.py", "__pycache__"}], folder


def test_only_the_wiring_chooses_adapters():
    adapters = {"KafkaLog", "MemoryLog", "LocalObjects", "GatewayObjects", "S3Objects"}
    for path in modules("schemas", "producers", "consumers", "api", "agents", "deploy"):
        if path != ROOT / "deploy" / "wiring.py":
            assert not adapters & names_in(path), f"{path.relative_to(ROOT)} chooses an adapter"


UNSAFE_ARGUMENTS = {("weights_only", False), ("allow_pickle", True)}
UNSAFE_CALLS = {
    ("pickle", "load"), ("pickle", "loads"), ("pickle", "Unpickler"), ("cPickle", "load"), ("_pickle", "loads"),
    ("dill", "load"), ("dill", "loads"), ("cloudpickle", "load"), ("cloudpickle", "loads"), ("joblib", "load"),
    ("marshal", "load"), ("marshal", "loads"), ("shelve", "open"), ("pandas", "read_pickle"), ("jit", "load"),
    ("yaml", "load"), ("yaml", "load_all"), ("yaml", "unsafe_load"), ("yaml", "full_load"), ("yaml", "UnsafeLoader"),
}  # fmt: skip
"""Readers that run what they read, as module and name."""


def unsafe_readers(tree: ast.AST) -> list[str]:
    """Where the tree takes or calls a reader that runs what it reads."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and (node.arg, getattr(node.value, "value", None)) in UNSAFE_ARGUMENTS:
            found.append(f"{node.value.lineno}: {node.arg}")
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
            if (owner, node.attr) in UNSAFE_CALLS:
                found.append(f"{node.lineno}: {owner}.{node.attr}")
        elif isinstance(node, ast.ImportFrom):
            owner = (node.module or "").rpartition(".")[2]
            found += [
                f"{node.lineno}: {owner}.{each.name}" for each in node.names if (owner, each.name) in UNSAFE_CALLS
            ]
    return found


@pytest.mark.parametrize("path", [*modules(*ROOMS)], ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_read_by_a_reader_that_runs_it(path: Path):
    assert unsafe_readers(ast.parse(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(p, weights_only=False)", "np.load(p, allow_pickle=True)", "pickle.load(f)", "joblib.load(p)",
        "from pickle import loads", "yaml.load(t, Loader=yaml.Loader)", "torch.jit.load(p)",
        "import yaml; yaml.full_load",
    ],
)  # fmt: skip
def test_the_search_for_such_readers_sees_them(source: str):
    assert len(unsafe_readers(ast.parse(source))) == 1


def test_nothing_names_a_registry_or_this_machine():
    hosts = re.compile(r"py" r"pi\.org|python" r"hosted|registry\.npm" r"js|repo1?\.mav" r"en|/wo" r"rk/(main|shared)")
    for path in (*modules(*ROOMS, "tests"), *ROOT.glob("*.md"), ROOT / "pyproject.toml"):
        assert not hosts.search(path.read_text()), path
