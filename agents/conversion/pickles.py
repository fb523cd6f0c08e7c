"""Reads a pickle without running it: which names it mentions, what it would call, which storages it refers to.

A pickle is a program for a stack machine. This walks its instructions with `pickletools` and keeps, instead of values,
just enough to know every name and every call: texts, integers, tuples of such, names, and "something made by calling
that name". What cannot be known is refused, so that a name put together out of pieces is not a way around the list.
"""

from __future__ import annotations

import pickletools
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable
from typing import IO, NamedTuple, cast

from agents.conversion.allowed import BYTES_AS, CALLED, EMPTY, ENCODE, NAMES, STORAGES
from agents.sandbox.inside import Refused, listed

PICKLE_BYTES_MAX = 64 << 20
DEPTH_MAX = 10_000
"""Marks that are open at once."""
COMPUTED = "(a name that is computed)"

_READER = frozenset({
    "PROTO", "STOP", "GLOBAL", "NEWOBJ", "REDUCE", "BUILD", "APPEND", "APPENDS", "SETITEM", "SETITEMS", "MARK",
    "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "NONE", "NEWFALSE", "NEWTRUE", "EMPTY_TUPLE", "EMPTY_LIST", "EMPTY_DICT",
    "EMPTY_SET", "BININT", "BININT1", "BININT2", "BINFLOAT", "BINUNICODE", "SHORT_BINSTRING", "BINPERSID", "BINGET",
    "LONG_BINGET", "BINPUT", "LONG_BINPUT", "LONG1",
})  # fmt: skip
"""The instructions that PyTorch's safe reader knows. torch.save writes no others unless it is told to."""
_NEVER = {
    "INST": "INST", "OBJ": "OBJ", "NEWOBJ_EX": "NEWOBJ_EX", "EXT1": "EXT", "EXT2": "EXT", "EXT4": "EXT",
    "PERSID": "PERSID", "NEXT_BUFFER": "NEXT_BUFFER", "READONLY_BUFFER": "READONLY_BUFFER",
}  # fmt: skip
"""Instructions that call, or fetch from elsewhere, in ways that no checkpoint needs."""
_TEXTS = frozenset(
    {"BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"}
)
_INTEGERS = frozenset({"BININT", "BININT1", "BININT2", "LONG1", "LONG4", "INT", "LONG"})
_TUPLES = frozenset({"EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"})
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})


class Name(NamedTuple):
    """A class or function that the pickle mentions; `dotted` as Python 3 calls it."""

    dotted: str


class Made(NamedTuple):
    """What a call of that name gives."""

    dotted: str


class Storage(NamedTuple):
    """Tensor data that the pickle refers to: its key and how many bytes it must have."""

    key: str
    size_bytes: int


class Walked(NamedTuple):
    """What one pickle is made of. `foreign`: instructions that PyTorch's safe reader does not know."""

    storages: tuple[Storage, ...]
    foreign: frozenset[str]


class _Limited:
    """A file that gives at most so many bytes, and nothing instead of a piece that is longer."""

    def __init__(self, file: IO[bytes], bytes_max: int) -> None:
        self._file, self._left = file, bytes_max

    def read(self, size: int) -> bytes:
        return self._counted(self._file.read(self._asked(size)))

    def readline(self) -> bytes:
        return self._counted(self._file.readline(self._asked(self._left)))

    def tell(self) -> int:
        return self._file.tell()

    def _asked(self, size: int) -> int:
        if not 0 <= size <= self._left:
            raise Refused("weights_pickle_too_large", max=PICKLE_BYTES_MAX)
        return size

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        return data


def walk(file: IO[bytes]) -> Walked:
    """What the pickle at the file's place is made of; the file is left behind its last byte.

    Raises:
        Refused: `weights_hold_code` with the names (or instructions) that no checkpoint needs, `weights_cut_off`,
            `weights_pickle_broken`, `weights_pickle_too_large`.
    """
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(cast(IO[bytes], _Limited(file, PICKLE_BYTES_MAX))):
            machine.step(opcode, argument)
    except ValueError as error:
        if any(sign in str(error) for sign in ("exhausted", "not enough data", "expected", "no newline")):
            raise Refused("weights_cut_off") from error
        raise Refused("weights_pickle_broken") from error
    except (IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Refused("weights_pickle_broken") from error
    if machine.forbidden:
        raise Refused("weights_hold_code", names=listed(sorted(machine.forbidden)))
    return Walked(tuple(machine.storages), frozenset(machine.foreign))


class _Machine:
    """The stack machine, with stand-ins for values. It goes on after what it forbids, so that all of it is named."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.forbidden: set[str] = set()
        self.foreign: set[str] = set()
        self.storages: list[Storage] = []
        self._below: list[list[object]] = []
        self._memo: dict[int, object] = {}
        self._special: dict[str, Callable[[list[object], object], object]] = {
            "GLOBAL": lambda _, argument: self._named(*str(argument).split(" ", 1)),
            "STACK_GLOBAL": lambda taken, _: self._named(*taken),
            "INST": lambda _, argument: self._named(*str(argument).split(" ", 1)),
            "REDUCE": lambda taken, _: self._called(*taken),
            "NEWOBJ": lambda taken, _: self._called(*taken),
            "BUILD": lambda taken, _: self._built(taken[0]),
            "BINPERSID": lambda taken, _: self._referred(taken[0]),
        }

    def step(self, opcode: pickletools.OpcodeInfo, argument: object) -> None:
        """Do one instruction."""
        kind = opcode.name
        if kind in _NEVER:
            self.forbidden.add(_NEVER[kind])
        if kind not in _READER:
            self.foreign.add(kind)
        if kind == "MARK":
            if len(self._below) >= DEPTH_MAX:
                raise IndexError
            self._below.append(self.stack)
            self.stack = []
        elif kind in _PUTS:
            self._memo[len(self._memo) if kind == "MEMOIZE" else cast(int, argument)] = self.stack[-1]
        elif kind in _GETS:
            self.stack.append(self._memo[cast(int, argument)])
        elif kind == "DUP":
            self.stack.append(self.stack[-1])
        elif kind != "POP" or self.stack:
            self._usual(opcode, argument)
        else:  # POP on an empty stack takes the mark below away
            self.stack = self._below.pop()

    def _usual(self, opcode: pickletools.OpcodeInfo, argument: object) -> None:
        """Take what the instruction takes from the stack, and put there what it leaves."""
        kind = opcode.name
        wanted = [each for each in opcode.stack_before if each is not pickletools.stackslice]
        taken: list[object] = []
        if pickletools.markobject in wanted:
            taken, self.stack = self.stack, self._below.pop()
            wanted = wanted[: wanted.index(pickletools.markobject)]
        if len(self.stack) < len(wanted):
            raise IndexError
        if wanted:
            taken = self.stack[-len(wanted) :] + taken
            del self.stack[-len(wanted) :]
        if kind in self._special:
            self.stack.append(self._special[kind](taken, argument))
        elif kind in _TEXTS or kind in _INTEGERS:
            self.stack.append(argument)
        elif kind in _TUPLES:
            self.stack.append(tuple(taken))
        elif opcode.stack_after:
            # Filling a list or a dictionary leaves what was filled.
            self.stack.append(taken[0] if wanted and kind.startswith(("APPEND", "SETITEM", "ADD")) else None)

    def _named(self, *parts: object) -> object:
        if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
            self.forbidden.add(COMPUTED)
            return None
        module, name = cast(tuple[str, str], parts)
        # torch.save writes the names of Python 2, as Python does in this pickle protocol; its reader translates them.
        module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        dotted = f"{module}.{name}"
        if dotted not in NAMES:
            self.forbidden.add(dotted)
        return Name(dotted)

    def _called(self, function: object, arguments: object) -> object:
        if not isinstance(function, Name):
            self.forbidden.add("(a call of something that has no name)")
            return None
        if function.dotted not in CALLED or not _harmless(function.dotted, arguments):
            self.forbidden.add(function.dotted)
        return Made(function.dotted)

    def _built(self, target: object) -> object:
        if not isinstance(target, Made):
            self.forbidden.add("BUILD")
        return target

    def _referred(self, reference: object) -> object:
        """Tensor data: ("storage", its type, key, device, number of elements[, a view of another one])."""
        match reference:
            case ("storage", Name(dotted), str(key), _, int(count), *_) if dotted in STORAGES and count >= 0:
                self.storages.append(Storage(key, count * STORAGES[dotted]))
            case _:
                self.forbidden.add("BINPERSID")
        return None


def _harmless(dotted: str, arguments: object) -> bool:
    """Whether two names that make bytes are called as Python itself writes it."""
    if dotted == ENCODE:
        match arguments:
            case (str(), codec):
                return codec == BYTES_AS
        return False
    return dotted != EMPTY or arguments == ()
