"""Names of files made of what people typed, which every file system takes."""

from __future__ import annotations

import unicodedata

STEM_CHARS_MAX, STEM_BYTES_MAX = 180, 220
"""File systems take 255 bytes, of which a Chinese character is three; endings come behind a stem."""
_REFUSED = frozenset('/\\:*?"<>|')


def stem_of(text: str, instead: str) -> str:
    """The text in NFC, as far as it fits, with `instead` for separators and control characters."""
    kept = (
        instead if char in _REFUSED or unicodedata.category(char).startswith("C") else char
        for char in unicodedata.normalize("NFC", text)
    )
    return cut("".join(kept)[:STEM_CHARS_MAX], STEM_BYTES_MAX)


def cut(name: str, bytes_max: int) -> str:
    """The longest beginning of a file's name that is no longer than that in UTF-8."""
    return name.encode(errors="surrogateescape")[:bytes_max].decode(errors="ignore")
