"""Structures: where the class lies, what the last function's annotation must say, and zips with tricks in them."""

from __future__ import annotations

import io
import struct
import tracemalloc
import warnings
import zipfile

import msgspec
import pytest

from schemas.specs.source_zip import ENTRIES_MAX, UNPACKED_BYTES_MAX
from schemas.specs.structures import FILE_BYTES_MAX, ONLY_FILE, WORDS_MAX, StructureRefusedError, class_problem, locate

NET = b"class Net:\n    def forward(self, x): return x\n"


def zipped(files: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile remarks on two entries of one name
        for name, source in files.items():
            archive.writestr(name, source)
    return data.getvalue()


def code_of(source: bytes, class_name: str = "Net") -> str:
    problem = class_problem(source, class_name)
    return problem.code if problem else ""


def test_a_file_with_only_the_class_is_fine() -> None:
    found = locate(NET, "Net")
    assert (found.path, found.module, found.files) == (ONLY_FILE, "structure", {ONLY_FILE: NET})


@pytest.mark.parametrize(
    "function",
    [
        "@register('Net')\ndef make(): ...",
        "@register(name='Net')\n@wrapped\ndef make(): ...",
        "def make() -> Net: ...",
        "def make() -> 'Net': ...",
        "def make():\n    '''Builds Net with 20 layers.'''",
        "# Net\ndef make(): ...",
        "# 模型结构类名：Net\n# 作者：某人\n@wrapped\ndef make(): ...",
        "@register('other')\ndef make():\n    '''Net'''",
        "async def make() -> Net: ...",
        "def make(): ...",
        "def size() -> int: ...",
        "def make() -> nn.Module: ...",
        "@register\ndef make(): ...",
        "# Other\n\ndef make(): ...",
        "def early():\n    '''Other'''\ndef make() -> Net: ...",
    ],
)
def test_an_annotation_that_names_the_class_or_none_is_fine(function: str) -> None:
    assert code_of(NET + function.encode() + b"\n") == ""


@pytest.mark.parametrize(
    "function",
    [
        "@register('Other')\ndef make(): ...",
        "def make() -> Other: ...",
        "def make():\n    '''Networks, not Net2.'''",
        "# Other\ndef make(): ...",
        "def early() -> Net: ...\n# OtherNet\ndef make(): ...",
        "# Other\r@wrapped\rdef make(): ...",
    ],
)
def test_an_annotation_that_names_something_else_is_refused(function: str) -> None:
    problem = class_problem(NET + function.encode() + b"\n", "Net")
    assert problem
    assert (problem.code, problem.params["function"]) == ("structure_annotation_differs", "make")


def test_functions_before_the_class_are_helpers() -> None:
    helper = b"def conv3x3(inputs) -> Conv:\n    '''3x3 convolution with padding.'''\n\n"
    assert code_of(helper + NET) == ""
    assert code_of(helper + NET + b"class Base: ...\n") == ""


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"class Net(:\n", "structure_not_python"),
        (b"class Net: ...\0", "structure_not_python"),
        (b"-" * 30_000 + b"1", "structure_not_python"),
        (b"def Net(): ...\nif 1:\n    class Net: ...\n", "structure_class_missing"),
        (b"#" * (FILE_BYTES_MAX + 1), "structure_file_too_large"),
        (b"", "structure_class_missing"),
    ],
)
def test_files_that_define_no_such_class_are_refused(source: bytes, code: str) -> None:
    assert code_of(source) == code


def test_in_a_zip_the_class_lies_in_exactly_one_file() -> None:
    files = {"blocks.py": b"class Block: ...", "net.py": b"from blocks import Block\n" + NET}
    found = locate(zipped(files), "Net")
    assert (found.path, found.module, found.files) == ("net.py", "net", files)
    assert code_of(zipped(files), "Head") == "structure_class_missing"
    assert code_of(zipped({**files, "old/net.py": NET})) == "structure_class_twice"
    assert code_of(zipped({**files, "net.py": NET + b"def make() -> Block: ..."})) == "structure_annotation_differs"


def test_a_folder_around_the_files_is_taken_away_unless_it_is_a_package() -> None:
    wrapped = locate(zipped({"mine/": b"", "mine/blocks.py": b"", "mine/net.py": NET}), "Net")
    assert (wrapped.module, set(wrapped.files)) == ("net", {"net.py", "blocks.py"})
    package = locate(zipped({"mine/__init__.py": b"from .net import Net", "mine/net.py": NET}), "Net")
    assert (package.module, set(package.files)) == ("mine.net", {"mine/__init__.py", "mine/net.py"})
    assert locate(zipped({"mine/__init__.py": NET, "mine/other.py": b""}), "Net").module == "mine"


def test_what_packing_programs_leave_behind_is_passed_over() -> None:
    litter = {"__MACOSX/._net.py": b"\0", "m/__pycache__/net.cpython-311.pyc": b"\0", "m/.DS_Store": b"", ".git/x": b""}
    assert set(locate(zipped({"m/net.py": NET, **litter}), "Net").files) == {"net.py"}


@pytest.mark.parametrize(
    "name",
    ["../net.py", "/net.py", "a/../net.py", "C:/net.py", "a\\net.py", "a//net.py", "ne t.py", "net.so", "readme.md",
     "9.py", "a" * 200 + ".py", "nét.py", "net.PY"],
)  # fmt: skip
def test_names_that_are_no_modules_are_refused(name: str) -> None:
    assert code_of(zipped({"ok.py": NET, name: b""})) == "structure_zip_entry"


def test_two_entries_of_one_name_are_refused() -> None:
    data = zipped({"net.py": NET, "bet.py": b""}, zipfile.ZIP_STORED)
    assert code_of(data.replace(b"bet.py", b"net.py")) == "structure_zip_entry"
    assert code_of(zipped({"net.py": NET, "Net.py": b""})) == "structure_zip_entry"


def test_links_and_encrypted_entries_are_refused() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        link = zipfile.ZipInfo("net.py")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert code_of(data.getvalue()) == "structure_zip_entry"
    locked = bytearray(zipped({"net.py": NET}, zipfile.ZIP_STORED))
    place = locked.rindex(b"PK\x01\x02") + 8
    locked[place : place + 2] = struct.pack("<H", 1)
    assert code_of(bytes(locked)) == "structure_zip_entry"


def test_zips_that_hold_too_much_are_refused() -> None:
    assert code_of(zipped({f"m{number}.py": b"" for number in range(ENTRIES_MAX + 1)})) == "structure_zip_too_large"
    bomb = zipped({"net.py": NET, "bomb.py": b"#" * (UNPACKED_BYTES_MAX + 1)})
    assert len(bomb) < 10_000
    assert code_of(bomb) == "structure_zip_too_large"


def test_a_zip_that_says_less_than_comes_out_is_refused() -> None:
    lying = bytearray(zipped({"net.py": b"#" * (UNPACKED_BYTES_MAX + 1)}))
    sizes = lying.rindex(b"PK\x01\x02") + 24
    lying[sizes : sizes + 4] = struct.pack("<I", 100)
    assert code_of(bytes(lying)) in {"structure_zip_damaged", "structure_zip_too_large"}


def test_damaged_zips_are_refused() -> None:
    whole = zipped({"net.py": NET * 50})
    for broken in (whole[:40], whole[:-10], b"PK\x03\x04", whole[:35] + b"\xff\xff\xff" + whole[38:]):
        assert code_of(broken) == "structure_zip_damaged"


def test_files_that_take_the_name_of_a_needed_module_are_refused() -> None:
    assert code_of(zipped({"net.py": NET, "torch/nn.py": b""})) == "structure_zip_shadows"
    assert code_of(zipped({"net.py": NET, "random.py": b""})) == "structure_zip_shadows"


def test_the_refusal_says_what_is_wrong() -> None:
    with pytest.raises(StructureRefusedError, match="structure_class_missing"):
        locate(NET, "Other")


@pytest.mark.parametrize(
    "files",
    [
        {"net.py": NET + b"x = [" + b"0," * (FILE_BYTES_MAX // 2 - 100) + b"]"},
        {f"p/m{n}.py": b"-" * 200_000 + b"1" for n in range(10)},
        {f"p/m{n}.py": b"x = [" + b"0," * (WORDS_MAX // 20) + b"]\n" for n in range(11)},
    ],
    ids=["one file", "signs", "many files"],
)
def test_a_small_zip_costs_no_memory(files: dict[str, bytes | str]) -> None:
    """A tree takes hundreds of bytes a word: a zip of 3 KB could ask for 1 GB."""
    source = zipped(files)
    assert len(source) < 20_000
    tracemalloc.start()
    try:
        assert code_of(source) == "structure_too_long"
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_in_another_way_is_refused_before_it_is_unpacked(compression: int) -> None:
    """Damaged ones raise what their library raises; whole ones unpack without a bound."""
    source = zipped({"net.py": NET}, compression)
    for each in (source, source.replace(NET[:4], b"\0\0\0\0")):
        problem = class_problem(each, "Net")
        assert problem is not None
        assert problem.code == "structure_zip_damaged"
        assert "compression method" in problem.params["detail"]


@pytest.mark.parametrize(
    "source",
    [
        b"# coding: nothing\n" + NET,
        b"# coding: hex\n" + NET,
        b"# coding: raw_unicode_escape\nx = '\\ud800'\n" + NET,
        b"# coding: utf-8\nx = '\xff'\n" + NET,
        b"\0" + NET,
    ],
    ids=["unknown", "no text", "half a surrogate", "other bytes", "null"],
)
def test_what_no_text_can_hold_is_no_python(source: bytes) -> None:
    problem = class_problem(source, "Net")
    assert problem is not None
    assert problem.code == "structure_not_python"
    msgspec.json.encode(problem)


def test_text_in_gbk_is_read_as_it_says() -> None:
    assert code_of("# coding: gbk\n# 缺陷\n".encode("gbk") + NET) == ""


def test_what_a_refusal_names_can_be_said() -> None:
    problem = class_problem(NET + b"@register('\\ud800')\ndef make(): ...\n", "Net")
    assert problem is not None
    assert problem.code == "structure_annotation_differs"
    msgspec.json.encode(problem)
