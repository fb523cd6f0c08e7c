"""`mo completion`: shells complete commands, options and names of what is there; it never waits long nor complains."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from api.cli.options import SHOWN
from api.cli.session import OUTPUTS, Session, api_address, session_of
from api.cli.words import LANGS, known, say

if TYPE_CHECKING:
    from api.client.client import Client

SECONDS_MAX = 1.5
"""An API that does not answer within this time has nothing to complete with."""
DESCRIPTION_CHARS_MAX = 60
ASKED = "__complete"
FILES, WORDS = ":files", ":words"
"""The first line says whether the shell should complete file names or offer the lines that follow."""

Shell = Literal["bash", "zsh", "fish"]

_EVERYWHERE: dict[str, tuple[str, ...]] = {
    "--api": (), "--lang": LANGS, "-o": OUTPUTS, "--output": OUTPUTS, "-q": (), "--quiet": (),
}  # fmt: skip
_FLAGS = frozenset({"-q", "--quiet"})
_NOUNS = {
    "argument.pth": "pth",
    "argument.template": "templates",
    "argument.tron": "trons",
    "argument.dataset": "datasets",
    "argument.models_and_dataset": "datasets",
    "option.more_datasets": "datasets",
    "option.other_model": "trons",
    "option.other_dataset": "datasets",
    "argument.tests": "tests",
    "argument.base": "tests",
    "argument.other_test": "tests",
    "option.base": "tests",
}
_NAMELESS = frozenset({"tests", "jobs"})
"""They have no names: their ids are offered before anything is typed."""
_FILES = frozenset(
    {
        "argument.file",
        "argument.package",
        "argument.packages",
        "option.type_config",
        "option.to",
        "option.to_package",
        "option.to_folder",
        "option.steps",
    }
)
SCRIPTS: dict[str, str] = {
    "bash": r"""COMP_WORDBREAKS=${COMP_WORDBREAKS//[@=]/}
_mo() {
    local -a lines
    mapfile -t lines < <(mo __complete bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    COMPREPLY=()
    if [[ ${lines[0]} == :files ]]; then
        compopt -o default
        return
    fi
    local line
    for line in "${lines[@]:1}"; do
        COMPREPLY+=("$(printf '%q' "${line%%$'\t'*}")")
    done
}
complete -F _mo mo
""",
    "zsh": r"""#compdef mo
_mo() {
    local -a lines described
    lines=("${(@f)$(mo __complete zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ $lines[1] == :files ]]; then
        _files
        return
    fi
    local line
    for line in "${(@)lines[2,-1]}"; do
        described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    _describe mo described
}
compdef _mo mo
""",
    "fish": r"""function __mo_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc) "$current"
    set -l lines (mo __complete fish -- $words[2..-1] 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$current"
    else
        printf '%s\n' $lines[2..-1]
    end
end
complete -c mo -f -a '(__mo_complete)'
""",
}


class Wanted(NamedTuple):
    """What may come next: words with a key of their description, a noun whose names to ask for, or files.

    `path` are the commands so far, `api` the address that the line gives, `text` what was typed of the word.
    """

    text: str
    path: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    noun: str = ""
    files: bool = False
    api: str = ""


def completion(context: typer.Context, shell: Annotated[Shell, typer.Argument(help="argument.shell")]) -> None:
    """Print the script that teaches a shell to complete `mo`."""
    print(SCRIPTS[shell], file=session_of(context).stdout)


def complete(context: typer.Context, shell: Shell, words: list[str]) -> None:
    """What the scripts ask: candidates for the last of the words, one a line, with a description behind a tab."""
    session = session_of(context)
    # A process that hangs would hang the shell: the kernel ends it then, without a word.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 2 * SECONDS_MAX)
    try:
        *before, last = words or [""]
        text = last.replace("\\", "").lstrip("\"'") if shell == "bash" else last
        wanted = plan(context.find_root().command, before, text)
        lines = list(candidates(session, wanted))
    except Exception:
        # Whatever is wrong, the person is in the middle of typing: no candidates say it well enough.
        wanted, lines = Wanted(""), []
    print(FILES if wanted.files else WORDS, file=session.stdout)
    for line in lines:
        print(line, file=session.stdout)
    signal.setitimer(signal.ITIMER_REAL, 0)


def plan(command: Any, before: Sequence[str], text: str) -> Wanted:
    """What may stand in the place of `text` after the words `before`; `command` is the tree of commands."""
    path: list[str] = []
    taken = 0
    expecting: Any = None
    api = ""
    for word in before:
        if expecting is not None:
            api = word if expecting == "--api" else api
            expecting = None
        elif word in _EVERYWHERE:
            expecting = None if word in _FLAGS else word
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
            path.append(word)
        elif (option := _option(command, word)) is not None:
            expecting = None if option.is_flag else option
        elif not word.startswith("-"):
            taken += 1
    wanted = Wanted(text, tuple(path), api=api)
    if isinstance(expecting, str):
        return wanted._replace(words=_described(_EVERYWHERE[expecting], text))
    if expecting is not None:
        return _value(wanted, command, expecting)
    if text.startswith("-"):
        return wanted._replace(words=_options(command, text))
    if children := getattr(command, "commands", None):
        shown = ((name, child.help or "") for name, child in children.items() if not child.hidden)
        return wanted._replace(words=tuple((name, key) for name, key in shown if name.startswith(text)))
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    if not arguments or (taken >= len(arguments) and arguments[-1].nargs != -1):
        return wanted._replace(words=_options(command, text))
    return _value(wanted, command, arguments[min(taken, len(arguments) - 1)])


def candidates(session: Session, wanted: Wanted) -> Iterator[str]:
    """The lines for the shell. Asks the API where names are wanted; it raises whatever the client does."""
    for word, key in wanted.words:
        text = say(session.lang, key) if known(session.lang, key) else ""
        yield f"{word}\t{_short(text)}"
    if wanted.noun:
        from api.client.client import Client
        from api.client.core import Core
        from api.client.credentials import token_for
        from api.client.mode import Blocking
        from api.client.transport import HttpTransport

        url = wanted.api or api_address(session.options.api, session.environ)
        core = Core(
            HttpTransport(url, timeout_s=SECONDS_MAX),
            api_url=url,
            mode=Blocking(),
            lang=session.lang,
            token=token_for(url, session.environ),
            attempts_max=1,
        )
        with Client.over(core, url) as client:
            for name, description in names(client, wanted.noun, wanted.text):
                if name.startswith(wanted.text) and (wanted.text or not _is_id(name) or wanted.noun in _NAMELESS):
                    yield f"{_one_line(name)}\t{_short(description)}"


def names(client: Client, noun: str, text: str) -> Iterator[tuple[str, str]]:
    """Names and ids of things with a description, the newest first."""
    search = text.partition("@")[0]
    match noun:
        case "models":
            yield from names(client, "trons", text)
            yield from names(client, "pth", text)
        case "pth":
            for pth in client.models.list_pth(search=search, limit=SHOWN).items:
                yield from ((pth.name, "PTH"), (str(pth.id), pth.name))
        case "trons":
            for tron in client.models.list_trons(search=search, limit=SHOWN).items:
                yield from ((f"{tron.name}@{tron.version}", "Tron"), (str(tron.id), tron.name))
        case "structures" | "templates" | "datasets":
            for each in getattr(client, noun).list(search=search, limit=SHOWN).items:
                yield from ((each.name, ""), (str(each.id), each.name))
        case "tests":
            for test in client.tests.list(limit=SHOWN).items:
                yield str(test.id), f"{test.model}@{test.version} · {test.dataset}"
        case "jobs":
            for job in client.jobs.list(limit=SHOWN).items:
                yield str(job.id), f"{job.kind} {job.state}"


def _option(command: Any, word: str) -> Any:
    flat = (each for each in command.params if each.param_type_name == "option")
    return next((each for each in flat if word in (*each.opts, *each.secondary_opts)), None)


def _options(command: Any, text: str) -> tuple[tuple[str, str], ...]:
    own = [
        (name, each.help or "")
        for each in command.params
        if each.param_type_name == "option" and not each.hidden
        for name in (*each.opts, *each.secondary_opts)
    ]
    everywhere = [(name, f"option.everywhere.{name.lstrip('-')}") for name in _EVERYWHERE if name.startswith("--")]
    return tuple((name, key) for name, key in (*own, *everywhere) if name.startswith(text))


def _described(values: Sequence[str], text: str) -> tuple[tuple[str, str], ...]:
    return tuple((value, "") for value in values if value.startswith(text))


def _value(wanted: Wanted, command: Any, parameter: Any) -> Wanted:
    """What a parameter may be: one of its choices, a file, or the name of something."""
    choices = [item.value for item in parameter.shell_complete(typer.Context(command), wanted.text)]
    key = parameter.help or ""
    if key in _FILES:
        return wanted._replace(files=True)
    if choices:
        return wanted._replace(words=_described(choices, wanted.text))
    return wanted._replace(noun=_NOUNS.get(key) or (wanted.path[0] if key == "argument.named" else ""))


def _is_id(name: str) -> bool:
    from api.client.naming import whole_id

    return whole_id(name) is not None


def _one_line(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def _short(text: str) -> str:
    line = _one_line(text.splitlines()[0] if text else "")
    return line if len(line) <= DESCRIPTION_CHARS_MAX else line[: DESCRIPTION_CHARS_MAX - 1] + "…"
