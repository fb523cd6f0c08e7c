"""How often somebody may guess: a few times at once, then after waits that double. Pure; time is an argument."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import NamedTuple

FORGOTTEN_S = 900.0
"""What was tried so long ago is forgotten."""
WAIT_S_MAX = 300.0
KEYS_MAX = 20_000
"""Of so many names and addresses it is known how often they tried; those that were silent longest are forgotten."""


class Limit(NamedTuple):
    """So many attempts of `key` are free; each one more waits twice as long as the one before, up to `wait_s_max`."""

    key: Hashable
    free: int
    wait_s_max: float = WAIT_S_MAX


class _Tried(NamedTuple):
    times: int
    last_s: float


class Limits:
    """Attempts by keys. An attempt counts when it begins, so that many at once do not all come through."""

    def __init__(self) -> None:
        self._tried: OrderedDict[Hashable, _Tried] = OrderedDict()

    def wait_s(self, limits: Iterable[Limit], now_s: float) -> float:
        """Seconds until the next attempt may begin; 0: now."""
        return max((self._wait_s(limit, now_s) for limit in limits), default=0.0)

    def begin(self, limits: Iterable[Limit], now_s: float) -> None:
        """An attempt begins."""
        for key, *_ in limits:
            tried = self._known(key, now_s)
            self._tried[key] = _Tried(tried.times + 1, now_s)
            self._tried.move_to_end(key)
        while len(self._tried) > KEYS_MAX:
            self._tried.popitem(last=False)

    def succeed(self, limits: Iterable[Limit]) -> None:
        """The attempt that just began was right, so it does not count."""
        for key, *_ in limits:
            if (tried := self._tried.pop(key, None)) is not None and tried.times > 1:
                self._tried[key] = tried._replace(times=tried.times - 1)

    def forget(self, key: Hashable) -> None:
        """Nothing was tried with the key."""
        self._tried.pop(key, None)

    def _wait_s(self, limit: Limit, now_s: float) -> float:
        times, last_s = self._known(limit.key, now_s)
        if times < limit.free:
            return 0.0
        return max(0.0, last_s + min(2.0 ** min(times - limit.free, 30), limit.wait_s_max) - now_s)

    def _known(self, key: Hashable, now_s: float) -> _Tried:
        tried = self._tried.get(key)
        return tried if tried is not None and now_s - tried.last_s < FORGOTTEN_S else _Tried(0, now_s)
