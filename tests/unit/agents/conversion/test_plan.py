"""What the exporting child tells is taken for what it is: text of a stranger."""

from __future__ import annotations

import msgspec
import pytest

from agents.conversion.plan import Told, believable
from schemas.values import Code

BROKEN = (b'{"arguments": {"a": "\xff"}}', b'{"more": ' + b"[" * 100_000)


@pytest.mark.parametrize("data", [None, b"", b"junk", b'{"arguments": 3}', b'{"notices": [{"code": 1}]}', *BROKEN])
def test_what_has_not_the_right_form_counts_as_nothing(data: bytes | None) -> None:
    assert believable(data) == Told()


def test_only_known_notices_and_not_too_much_of_anything() -> None:
    prefix = Code("weights_prefix_removed", {"prefix": "\x1b[31m\u202e" + "m" * 5000})
    told = Told(arguments={str(n): "x" * 999 for n in range(999)}, notices=(prefix, prefix, Code("certified", {})))
    found = believable(msgspec.json.encode(told))
    assert [each.code for each in found.notices] == ["weights_prefix_removed"]
    assert found.notices[0].params["prefix"] == "m" * 300
    assert (len(found.arguments), max(map(len, found.arguments.values()))) == (200, 300)
