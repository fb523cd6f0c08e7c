"""Mappings: what is proposed, what is refused, and which images a mapping drops."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.specs import mapping
from schemas.specs.mapping import (
    BOXES,
    Mapped,
    Mapper,
    PackageKey,
    Pair,
    Wanted,
    fitting,
    key_of,
    mapping_problems,
    own,
    own_pairs,
    propose,
    wanted,
)
from schemas.specs.parts import TaskSpec
from schemas.specs.templates import TemplateDocument, read_template
from schemas.values import Code

KEYS = (
    PackageKey("Kind", "radio", {"car": 5, "bus": 2, "tram": 1}),
    PackageKey("shade", "radio", {"red": 4, "blue": 4}),
    PackageKey("weather", "checkbox", {"rain": 3}),
    PackageKey(BOXES, "box", {"car": 9}),
    PackageKey("plate", "text", {"A": 1, "1": 1}),
)
VEHICLES = Wanted("classification", (TaskSpec("kind", ("bus", "car")), TaskSpec("colour", ("red", "blue", "black"))))
PAIRS = (Pair("kind", "Kind"), Pair("colour", "shade"))


def template(method: str, tasks: list[dict[str, Any]], **fields: Any) -> TemplateDocument:
    sub = {
        "name": "main", "input_name": "x", "input_shape": "1,3,8,8", "mean_values": "0,0,0", "scale_values": "1,1,1",
        "max_batch": 1, "architecture": "0" * 32, "tasks": tasks, "num_classes": len(tasks[0]["classes"]), **fields,
    }  # fmt: skip
    main = {"name": "n", "repo": "r", "version": "1", "method": method, "error_threshold": "1e-3"}
    return read_template({**main, "sub_templates": [sub]})


def test_the_template_gives_the_left_side() -> None:
    document = template("fastestdet", [{"name": "class", "classes": ["car", "bus"]}])
    assert wanted(document) == Wanted("detection", (TaskSpec("class", ("car", "bus")),))
    assert wanted(document, "main") == wanted(document)
    unclear = wanted(document, "other")
    assert isinstance(unclear, Code)
    assert unclear.code == "sub_template_not_clear"
    raw = wanted(template("raw", [{"name": "class", "classes": ["x"]}]))
    assert isinstance(raw, Code)
    assert raw.code == "method_without_classes"


def test_a_readers_classes_are_its_symbols() -> None:
    args = [{"name": "characters", "kind": "vs", "value": ["A", "B", "1"]}]
    document = template("ctc", [{"name": "plate", "classes": ["text"]}], num_classes=4, args=args)
    assert wanted(document) == Wanted("sequence", (TaskSpec("plate", ("A", "B", "1")),))


def test_keys_are_proposed_by_name_then_by_what_they_say() -> None:
    assert propose(VEHICLES, KEYS) == PAIRS
    alone = Wanted("classification", (TaskSpec("nothing", ("x",)),))
    assert propose(alone, KEYS) == ()
    assert propose(Wanted("detection", (TaskSpec("class", ("x",)),)), KEYS) == (Pair("class", BOXES),)
    assert [key.name for key in fitting(VEHICLES, KEYS)] == ["Kind", "shade"]


@pytest.mark.parametrize(
    ("pairs", "codes"),
    [
        (PAIRS, []),
        (PAIRS[:1], ["mapping_task_unmapped"]),
        ((Pair("kind", "Kind"), Pair("colour", "Kind")), ["mapping_key_twice"]),
        ((Pair("kind", "Kind"), Pair("colour", "weather")), ["mapping_key_tool_wrong"]),
        ((Pair("kind", "Kind"), Pair("colour", "gone")), ["mapping_key_unknown"]),
        ((*PAIRS, Pair("age", "shade")), ["mapping_task_unknown", "mapping_key_twice"]),
        ((*PAIRS, Pair("kind", "shade")), ["mapping_task_twice", "mapping_key_twice"]),
    ],
)
def test_what_is_wrong_is_said(pairs: tuple[Pair, ...], codes: list[str]) -> None:
    assert [problem.code for problem in mapping_problems(VEHICLES, pairs, KEYS)] == codes


def test_one_value_outside_the_classes_drops_the_image() -> None:
    mapper = Mapper(VEHICLES, PAIRS)
    said = {"Kind": "car", "shade": "red", "weather": "rain"}
    assert mapper.apply(said, ()) == Mapped({"kind": "car", "colour": "red"}, {"weather": "rain"})
    assert mapper.apply({**said, "shade": "pink"}, ()) == Code(
        "value_outside_classes", {"task": "colour", "key": "shade", "value": "pink"}
    )
    assert mapper.apply({"Kind": "car"}, ()) == Code("value_missing", {"task": "colour", "key": "shade"})
    assert isinstance(mapper.apply(said, ("nobody asks for boxes",)), Mapped)


def test_one_box_outside_the_classes_drops_the_image_and_no_box_does_not() -> None:
    mapper = Mapper(Wanted("detection", (TaskSpec("class", ("car",)),)), (Pair("class", BOXES),))
    assert mapper.apply({"weather": "rain"}, ("car", "car")) == Mapped({}, {"weather": "rain"})
    assert mapper.apply({}, ()) == Mapped({}, {})
    assert mapper.apply({}, ("car", "van")) == Code(
        "value_outside_classes", {"task": "class", "key": BOXES, "value": "van"}
    )


def test_texts_are_spelt_with_the_symbols() -> None:
    def dropped(symbols: tuple[str, ...], text: str) -> bool:
        left = Wanted("sequence", (TaskSpec("plate", symbols),))
        return isinstance(Mapper(left, (Pair("plate", "plate"),)).apply({"plate": text}, ()), Code)

    assert not dropped(("A", "B"), "ABBA")
    assert dropped(("A", "B"), "ABC")
    assert not dropped(("A", "AB", "CD"), "ABCDA")
    assert dropped(("AB", "CD"), "ABC")
    assert dropped(("a", "aa", "aaa"), "a" * 5000 + "b"), "no text may take forever"


def test_without_a_template_the_package_is_its_own_measure() -> None:
    left = own(KEYS)
    assert left == Wanted("detection", (TaskSpec("class", ("car",)),), own=True)
    left = own(KEYS, "classification")
    assert isinstance(left, Wanted)
    assert [task.name for task in left.tasks] == ["Kind", "shade"]
    mapper = Mapper(left, own_pairs(left, KEYS))
    assert mapper.apply({"Kind": "tram"}, ()) == Mapped({"Kind": "tram"}, {})
    assert mapper.apply({}, ()) == Code("value_missing", {"task": "Kind", "key": "Kind"})
    empty = own((PackageKey("note", "textarea", {"x": 1}),))
    assert isinstance(empty, Code)
    assert empty.code == "package_without_labels"


def test_values_beyond_the_limit_are_counted_but_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "VALUES_MAX", 2)
    counts = {"a": 2, "b": 2, "c": 1}
    assert key_of("k", "radio", counts) == PackageKey("k", "radio", {"a": 2, "b": 2}, more=1)
    assert key_of("k", "text", {"AAB": 1, "B": 1}) == PackageKey("k", "text", {"A": 1, "B": 2})


@given(st.permutations(KEYS), st.integers(0, len(KEYS)))
def test_a_proposal_never_has_a_fault_but_what_is_left_open(keys: list[PackageKey], count: int) -> None:
    problems = mapping_problems(VEHICLES, propose(VEHICLES, keys[:count]), keys[:count])
    assert {problem.code for problem in problems} <= {"mapping_task_unmapped"}
