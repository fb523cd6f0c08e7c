"""What a structure file must be: Python that parses, with the named class at its top level. Nothing is executed."""

from __future__ import annotations

import ast

from schemas.values import Code

SOURCE_BYTES_MAX = 256 << 10
TYPE_CONFIG_BYTES_MAX = 64 << 10
SHOWN_MAX = 20


def class_problem(source: bytes, class_name: str) -> Code | None:
    """Why the file does not define the class: `structure_not_python` or `structure_class_missing`; None if it does."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return Code("structure_not_python", {"line": str(error.lineno or 0), "detail": str(error.msg)[:200]})
    except (ValueError, RecursionError, MemoryError) as error:
        # Null bytes, or an expression nested deeper than the parser goes.
        return Code("structure_not_python", {"line": "0", "detail": str(error)[:200]})
    found = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    if class_name in found:
        return None
    return Code("structure_class_missing", {"class_name": class_name, "found": ", ".join(found[:SHOWN_MAX])})
