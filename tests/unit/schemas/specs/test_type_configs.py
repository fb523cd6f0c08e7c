"""Type configs: JSON or YAML, a mapping of argument names, and nothing that grows."""

from __future__ import annotations

import msgspec
import pytest

from schemas.specs.type_configs import TypeConfigRefusedError, read_type_config


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (b'{"depth": 20, "widths": [16, 32]}', {"depth": 20, "widths": [16, 32]}),
        (b"depth: 20\nwidths: [16, 32]\n", {"depth": 20, "widths": [16, 32]}),
        (b"eps: 1e-5\nmomentum: 0.1\nscale: -2.5E3\n", {"eps": 1e-5, "momentum": 0.1, "scale": -2500.0}),
        ("# 注释\n激活: relu\n".encode(), {"激活": "relu"}),
        (b"{}", {}),
    ],
)
def test_json_and_yaml_are_read(text: bytes, read: dict[str, object]) -> None:
    assert read_type_config(text) == read


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[1, 2]", "type_config_no_mapping"),
        (b"", "type_config_no_mapping"),
        (b"1: a", "type_config_no_mapping"),
        (b"a b: 1", "type_config_no_mapping"),
        (b'{"a-b": 1}', "type_config_no_mapping"),
        (b"\xff\xfe\x00", "type_config_unreadable"),
        (b"a: [", "type_config_unreadable"),
        (b"a: !!python/object/apply:os.system ['true']", "type_config_unreadable"),
        (b"a: &x [1, 1]\nb: [*x, *x]", "type_config_unreadable"),
        (b"a: " + b"[" * 20_000, "type_config_unreadable"),
        (b"a: 1\n---\nb: 2\n", "type_config_unreadable"),
        (b"a: !!int x", "type_config_unreadable"),
        (b"a: !!timestamp x", "type_config_unreadable"),
        (b"a: !!binary [1]", "type_config_unreadable"),
        (b"a: !!bool maybe", "type_config_unreadable"),
        (b'{"a": "\\ud800"}', "type_config_unreadable"),
        (b'{"\\ud800": 1}', "type_config_no_mapping"),
        (b'{"a": ' + b"9" * 5000 + b"}", "type_config_unreadable"),
        (b"a: 0x" + b"f" * 5000, "type_config_unreadable"),
    ],
)
def test_everything_else_is_refused(text: bytes, code: str) -> None:
    with pytest.raises(TypeConfigRefusedError) as refusal:
        read_type_config(text)
    assert refusal.value.problem.code == code
    msgspec.json.encode(refusal.value.problem)
