"""What a structure may be: one Python file, or a zip of several, that defines the named class. Nothing is executed.

The manual's rule (section 2): the annotation of the file's last function must name the class. Read as: if a function at
the top level follows the class, its annotation (string argument of a decorator, return annotation, docstring, or the
comment just above) must name the class, where it has one. Functions before the class are helpers, and a file with only
the class is fine.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from importlib.util import decode_source
from typing import NamedTuple

from schemas.specs.source_zip import ZIP_BYTES_MAX, is_zip, unpacked
from schemas.values import Code, sayable

SOURCE_BYTES_MAX = ZIP_BYTES_MAX
"""Of what is uploaded."""
FILE_BYTES_MAX = 256 << 10
"""Of one Python file."""
WORDS_MAX = 100_000
"""Words and signs in all files together, comments included: what parsing costs. Long networks have a tenth of it."""
SHOWN_MAX = 20
ONLY_FILE = "structure.py"
"""What the file of a structure that is one file is called where it is built from."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_WORD = re.compile(r"\w+|[^\w\s]")
_SAYS_NOTHING = frozenset({"None", "bool", "int", "float", "str", "bytes", "list", "tuple", "dict", "set", "object"})
"""Return annotations that are about values, not about which network the file is for."""


class Located(NamedTuple):
    """Where a class lies: with `files` (path -> source) in a folder on the import path, it is `module`'s."""

    files: Mapping[str, bytes]
    path: str
    module: str


class StructureRefusedError(ValueError):
    """The structure cannot be used; `problem` says why."""

    def __init__(self, problem: Code) -> None:
        self.problem = problem
        super().__init__(f"{problem.code} {problem.params}")


def locate(source: bytes, class_name: str) -> Located:
    """Where the class lies in a Python file or a zip of several; at the top level of exactly one file.

    Raises:
        StructureRefusedError: `structure_file_too_large`, `structure_too_long`, `structure_not_python`,
            `structure_class_missing`, `structure_class_twice`, `structure_annotation_differs`, and those of
            `schemas.specs.source_zip.unpacked`.
    """
    if not is_zip(source):
        files: Mapping[str, bytes] = {ONLY_FILE: source}
    else:
        unzipped = unpacked(source)
        if isinstance(unzipped, Code):
            raise StructureRefusedError(unzipped)
        files = unzipped
    texts = {path: _text(path, data) for path, data in files.items()}
    if sum(map(_words, texts.values())) > WORDS_MAX:
        raise _refused("structure_too_long", words_max=str(WORDS_MAX))
    # a tree is hundreds of times as large as its text: one at a time, and only the names are kept
    classes = {path: _classes(_parsed(path, text)) for path, text in texts.items()}
    homes = [path for path, names in classes.items() if class_name in names]
    if not homes:
        found = [name for names in classes.values() for name in names]
        raise _refused("structure_class_missing", class_name=class_name, found=", ".join(found[:SHOWN_MAX]))
    if len(homes) > 1:
        raise _refused("structure_class_twice", class_name=class_name, files=", ".join(homes[:SHOWN_MAX]))
    _check_annotation(homes[0], texts[homes[0]], class_name)
    return Located(files, homes[0], module_of(homes[0]))


def class_problem(source: bytes, class_name: str) -> Code | None:
    """Why the structure does not define the class (codes as `locate`); None if it does."""
    try:
        locate(source, class_name)
    except StructureRefusedError as error:
        return error.problem
    return None


def module_of(path: str) -> str:
    """The dotted name that a file is imported by: `net/blocks.py` is `net.blocks`, `net/__init__.py` is `net`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _text(path: str, source: bytes) -> str:
    if len(source) > FILE_BYTES_MAX:
        raise _refused("structure_file_too_large", file=path, size_max_bytes=str(FILE_BYTES_MAX))
    try:
        return decode_source(source)
    except (SyntaxError, ValueError, LookupError) as error:
        # an encoding that there is not, or bytes that are not of the one it names
        raise _refused("structure_not_python", file=path, line="0", detail=str(error)[:200]) from error


def _words(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def _parsed(path: str, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        line, detail = str(error.lineno or 0), str(error.msg)[:200]
        raise _refused("structure_not_python", file=path, line=line, detail=detail) from error
    except (ValueError, RecursionError, MemoryError) as error:
        # Null bytes, or an expression nested deeper than the parser goes.
        raise _refused("structure_not_python", file=path, line="0", detail=str(error)[:200]) from error


def _classes(tree: ast.Module) -> list[str]:
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def _check_annotation(path: str, text: str, class_name: str) -> None:
    tree = _parsed(path, text)
    home = max(n for n, node in enumerate(tree.body) if isinstance(node, ast.ClassDef) and node.name == class_name)
    following = [node for node in tree.body[home:] if isinstance(node, _Function)]
    said = list(_annotations(following[-1], text)) if following else []
    word = re.compile(rf"(?<!\w){re.escape(class_name)}(?!\w)")
    if said and not any(word.search(each) for each in said):
        params = {"function": following[-1].name, "file": path, "line": str(following[-1].lineno)}
        shown = " ".join(" ".join(said).split())[:100]
        raise _refused("structure_annotation_differs", class_name=class_name, said=shown, **params)


def _annotations(function: _Function, source: str) -> Iterator[str]:
    """What stands at a function to say which class it is about."""
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call):
            continue
        for argument in (*decorator.args, *(each.value for each in decorator.keywords)):
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value
    match function.returns:
        case ast.Name(id=name) | ast.Constant(value=str() as name) if name not in _SAYS_NOTHING:
            yield name
    if described := ast.get_docstring(function):
        yield described
    yield from _comment_above(function, source)


def _comment_above(function: _Function, source: str) -> Iterator[str]:
    lines = source.split("\n")
    place = min([function.lineno, *(each.lineno for each in function.decorator_list)]) - 1
    while place > 0 and lines[place - 1].lstrip().startswith("#"):
        place -= 1
        yield lines[place].strip("# \t")


def _refused(code: str, **params: str) -> StructureRefusedError:
    return StructureRefusedError(Code(code, {name: sayable(text) for name, text in params.items()}))
