"""Keys of figures: ordinary names stand in them as they are, and no two figures have the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.verdict.keys import WHOLE, Names, in_group, in_slice, names_in, slice_name

name = st.text(st.sampled_from("a@=/%4035D2"), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("top1/class", Names("top1", "class", "", "")),
        ("ap/net/object@light=day", Names("ap", "net/object", "light", "day")),
        ("top1/a%40b", Names("top1", "a@b", "", "")),
        ("top1/50%@a%3Db=c=d@e", Names("top1", "50%", "a=b", "c=d@e")),
        ("top1/100%2540", Names("top1", "100%40", "", "")),
        ("top1/a=b@c@d=e", Names("top1", "a=b", "c@d", "e")),
        ("accuracy", Names("accuracy", "", "", "")),
    ],
)
def test_keys_say_what_they_name(key: str, names: Names):
    group = slice_name(names.dimension, names.value) if names.dimension else WHOLE
    assert names_in(key) == names
    assert in_group(f"{names.measure}/{names.task}" if names.task else names.measure, group) == key
    assert in_slice(key) == bool(names.dimension)


@given(name, name, st.text(max_size=8))
def test_whatever_names_are_made_of_they_are_found_again(task: str, dimension: str, value: str):
    assert names_in(in_group(f"ap/{task}", slice_name(dimension, value))) == Names("ap", task, dimension, value)
    assert names_in(in_group(f"ap/{task}", WHOLE)) == Names("ap", task, "", "")


def test_names_that_would_run_together_are_told_apart():
    assert slice_name("a", "b=c") != slice_name("a=b", "c")
    assert in_group("top1/a@b=c", WHOLE) != in_group("top1/a", slice_name("b", "c"))
