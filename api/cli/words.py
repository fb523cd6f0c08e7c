"""The CLI's own words in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from unicodedata import category

from api.cli import (
    words_accounts,
    words_changes,
    words_datasets,
    words_doctor,
    words_jobs,
    words_nouns,
    words_operations,
    words_outcomes,
    words_packages,
    words_reports,
    words_tests,
    words_tron,
)

LANGS = ("zh", "en")
_MORE = (
    words_changes,
    words_nouns,
    words_operations,
    words_doctor,
    words_jobs,
    words_reports,
    words_tron,
    words_packages,
    words_datasets,
    words_tests,
    words_outcomes,
    words_accounts,
)


def say(lang: str, key: str, /, **params: object) -> str:
    """The text of `key` with its parameters filled in.

    Raises:
        KeyError: no such key or parameter: a fault of ours, found by the tests.
    """
    return table(lang)[key].format(**params)


def plain(text: str) -> str:
    """The text as a terminal may show it: what others wrote orders it to do nothing. Line ends and tabs stay."""
    return "".join(map(_harmless, text.replace("\r\n", "\n")))


def _harmless(char: str) -> str:
    kept = char in "\n\t" or not category(char).startswith("C")
    return char if kept else char.encode("unicode_escape").decode()


def known(lang: str, key: str) -> bool:
    """Whether there is a text for `key`."""
    return key in table(lang)


@cache
def table(lang: str) -> Mapping[str, str]:
    """All texts of a language; only the one that is read is imported."""
    return {key: text for each in tables(lang) for key, text in each.items()}


def tables(lang: str) -> Sequence[Mapping[str, str]]:
    """The tables of a language, one a room: a key stands in one of them, else one room's words would be another's."""
    if lang == "en":
        from api.cli.words_en import WORDS as EN

        return [EN, *(each.EN for each in _MORE)]
    from api.cli.words_zh import WORDS as ZH

    return [ZH, *(each.ZH for each in _MORE)]


def language(environ: Mapping[str, str]) -> str:
    """The reader's language: MO_LANG, else LC_ALL, else LANG; Chinese where none of them says another one."""
    for name in ("MO_LANG", "LC_ALL", "LANG"):
        if text := environ.get(name, "").lower():
            return "zh" if text.startswith(("zh", "c.", "posix")) or text == "c" else "en"
    return "zh"
