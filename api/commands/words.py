"""Words that a wish takes from a fixed list."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, get_args

from api.errors import ApiRefusal


def one_of(literal: Any, value: str, field: str) -> Any:
    """The value, which must be one of a Literal's words.

    Raises:
        ApiRefusal: it is not (422).
    """
    if value not in get_args(literal):
        raise ApiRefusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "value_not_supported",
            field=field,
            value=value[:100],
            known=", ".join(get_args(literal)),
        )
    return value
