"""Names of people at the ids that things carry; events and rows have none, so that a name can change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from uuid import UUID

from storage.accounts.port import Accounts, AccountsAwayError

KEPT_S = 30.0
KEPT_MAX = 10_000


class Names:
    """The names that were asked for lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[UUID, tuple[str, float]] = {}

    async def of(self, accounts: Accounts, ids: Iterable[UUID]) -> dict[UUID, str]:
        """The names of the ids; "" of those that nobody has, and of all while nobody can be asked."""
        now_s, wanted = self._clock(), set(ids)
        known = {id_: self._kept[id_][0] for id_ in wanted if id_ in self._kept and self._kept[id_][1] > now_s}
        if missing := wanted - known.keys():
            try:
                found = await accounts.names(missing)
            except AccountsAwayError:
                found = None
            if len(self._kept) > KEPT_MAX:
                self._kept.clear()
            for id_ in missing:
                known[id_] = found.get(id_, "") if found is not None else ""
                if found is not None:
                    self._kept[id_] = (known[id_], now_s + KEPT_S)
        return known

    def forget(self, id_: UUID) -> None:
        """The person has another name."""
        self._kept.pop(id_, None)
