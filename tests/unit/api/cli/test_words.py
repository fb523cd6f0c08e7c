"""Words: both languages say the same things, every key that is used exists, and the options that stand anywhere."""

import json
import re
import string
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from api.cli.convert import overrides_of
from api.cli.output import size
from api.cli.session import UsageError, api_address, take_everywhere
from api.cli.words import language, table, tables
from schemas.verdict.words import Reason

CLI = Path(__file__).parents[4] / "api" / "cli"
STACK = [Path(__file__).parents[4] / "deploy" / name for name in ("main.py", "commands.py")]
GROUPS = "help|option|argument|column|title|text|state|progress|job|stack|error|usage"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_parameters() -> None:
    zh, en = table("zh"), table("en")
    assert zh.keys() == en.keys()
    for key in zh:
        assert fields(zh[key]) == fields(en[key]), key


def test_no_key_stands_in_two_tables() -> None:
    for lang in ("zh", "en"):
        places = Counter(key for each in tables(lang) for key in each)
        assert [key for key, count in places.items() if count > 1] == [], lang


def test_why_there_is_no_verdict_is_said_in_words() -> None:
    for lang in ("zh", "en"):
        assert {f"reason.{code}" for code in get_args(Reason)} <= table(lang).keys()


def test_every_key_that_the_source_names_exists() -> None:
    files = [path for path in CLI.glob("*.py") if not path.name.startswith("words_")]
    sources = [path.read_text("utf-8") for path in (*files, *STACK)]
    used = set(re.findall(rf'"((?:{GROUPS})\.[a-z_.0-9]+)"', "\n".join(sources)))
    headed = re.findall(r"headings\(session, ([^)]*?)\)", "\n".join(sources))
    used |= {f"column.{key}" for call in headed for key in re.findall(r'"([a-z_0-9]+)"', call)}
    assert len(used) > 80
    assert used - table("zh").keys() == {"stack.json"}


def test_errors_are_one_line_what_and_one_line_what_to_do() -> None:
    for lang in ("zh", "en"):
        for key, text in table(lang).items():
            if key.startswith(("error.", "usage.")):
                assert text.count("\n") == 1, key


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, "zh"),
        ({"LANG": "en_US.UTF-8", "MO_LANG": "zh"}, "zh"),
        ({"LANG": "zh_CN", "MO_LANG": "en"}, "en"),
    ],
)
def test_the_language_is_chinese_unless_somebody_says_otherwise(environ: dict[str, str], expected: str) -> None:
    assert language(environ) == expected


def test_options_that_stand_anywhere_are_taken_out_wherever_they_stand() -> None:
    options, rest = take_everywhere(
        ["--lang=en", "models", "list", "-o", "json", "-q", "--mine", "--api", "http://x", "--", "-o", "-q"], {}
    )
    assert options == ("http://x", "en", "json", True)
    assert rest == ["models", "list", "--mine", "--", "-o", "-q"]


@pytest.mark.parametrize("argv", [["-o"], ["-o", "xml"], ["--lang", "fr"], ["--api"]])
def test_options_without_a_usable_value_are_refused(argv: list[str]) -> None:
    with pytest.raises(UsageError):
        take_everywhere(argv, {})


def test_the_address_is_the_flags_then_what_the_stack_wrote(tmp_path: Path) -> None:
    environ = {"MO_HOME": str(tmp_path)}
    with pytest.raises(UsageError):
        api_address("", environ)
    (tmp_path / "run").mkdir()
    for broken in ("", "[]", '{"api_url": ""}', "nonsense"):
        (tmp_path / "run" / "stack.json").write_text(broken)
        with pytest.raises(UsageError):
            api_address("", environ)
    (tmp_path / "run" / "stack.json").write_text(json.dumps({"api_url": "http://stack"}))
    assert api_address("", environ) == "http://stack"
    assert api_address("http://flag", environ) == "http://flag"


def test_settings_of_a_template_are_json_or_text() -> None:
    assert overrides_of(
        ["a=1", "b=x", 'c="1"', "sub_templates.my.net.max_batch=2", "sub_templates.my.net.name2=[1]"]
    ) == {
        "a": 1,
        "b": "x",
        "c": "1",
        "sub_templates": [{"name": "my.net", "max_batch": 2, "name2": [1]}],
    }
    assert overrides_of([]) == {}


@pytest.mark.parametrize("setting", ["a", "=1", "other.net.x=1", "sub_templates.net=1", "sub_templates..x=1"])
def test_settings_that_mean_nothing_are_refused(setting: str) -> None:
    with pytest.raises(UsageError):
        overrides_of([setting])


def test_sizes_are_short() -> None:
    assert [size(count) for count in (0, 999, 1000, 2_500_000, 5 * 10**12)] == [
        "0 B",
        "999 B",
        "1.0 KB",
        "2.5 MB",
        "5000.0 GB",
    ]
