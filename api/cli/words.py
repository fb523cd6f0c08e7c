"""The CLI's own words in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from api.cli import words_changes, words_doctor, words_jobs, words_nouns, words_operations

LANGS = ("zh", "en")


def say(lang: str, key: str, /, **params: object) -> str:
    """The text of `key` with its parameters filled in.

    Raises:
        KeyError: no such key or parameter: a fault of ours, found by the tests.
    """
    return table(lang)[key].format(**params)


def known(lang: str, key: str) -> bool:
    """Whether there is a text for `key`."""
    return key in table(lang)


@cache
def table(lang: str) -> Mapping[str, str]:
    """All texts of a language; only the one that is read is imported."""
    if lang == "en":
        from api.cli.words_en import WORDS as EN

        return EN | words_changes.EN | words_nouns.EN | words_operations.EN | words_doctor.EN | words_jobs.EN
    from api.cli.words_zh import WORDS as ZH

    return ZH | words_changes.ZH | words_nouns.ZH | words_operations.ZH | words_doctor.ZH | words_jobs.ZH


def language(environ: Mapping[str, str]) -> str:
    """The reader's language: MO_LANG, else LC_ALL, else LANG; Chinese where none of them says another one."""
    for name in ("MO_LANG", "LC_ALL", "LANG"):
        if text := environ.get(name, "").lower():
            return "zh" if text.startswith(("zh", "c.", "posix")) or text == "c" else "en"
    return "zh"
