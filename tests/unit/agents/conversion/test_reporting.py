"""The report of a conversion says in which fields it differed from its template."""

from __future__ import annotations

from uuid import UUID

import msgspec

from agents.conversion.reporting import overridden
from schemas.events import ConversionRequested
from schemas.values import ObjectRef, TronIdentity

OBJECT = ObjectRef("sha256:" + "0" * 64, 1)


def test_what_a_request_does_not_say_is_no_difference() -> None:
    request = ConversionRequested(
        job_id=UUID(int=1), resource="cpu-heavy", model_id=UUID(int=2), pth_id=UUID(int=3), template_id=UUID(int=4),
        identity=TronIdentity("nvidia", "r", "n", "m", "1"), weights=OBJECT, template=OBJECT, structures=(),
    )  # fmt: skip
    assert overridden(request) == ()
    assert overridden(msgspec.structs.replace(request, overridden=("repo",))) == ("repo",)
