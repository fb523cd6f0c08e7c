"""What an account may be and do: logins, names, passwords, roles and permissions, how long a session lives. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Role = Literal["viewer", "engineer", "releaser", "admin"]
Permission = Literal["read", "write", "release", "admin"]
Outcome = Literal["allowed", "denied", "failed"]

ROLES: tuple[Role, ...] = get_args(Role)
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
OF_ROLE: Mapping[Role, frozenset[Permission]] = {
    role: frozenset(PERMISSIONS[: number + 1]) for number, role in enumerate(ROLES)
}
"""Every role may do what those before it may, and one thing more."""

LOGIN_CHARS_MIN, LOGIN_CHARS_MAX = 3, 64
NAME_CHARS_MAX = 64
PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 10, 256
PASSWORD_KINDS_MIN = 4
"""Different characters that a password has at least."""
CORE_CHARS_MIN = 6
"""A common word of this length does not become a password by a few digits around it."""
AROUND_CHARS_MAX = 6
CLIENT_CHARS_MAX = 200
TOKEN_NAME_CHARS_MAX = 64
TOKENS_MAX = 100
"""Of one account."""
SESSIONS_MAX = 50
"""Of one account; the one that was silent longest gives way."""

IDLE = timedelta(hours=12)
LIFE = timedelta(days=7)
"""A session ends after so long without a request, and in any case so long after its beginning."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session or token was last used."""
TOKEN_LIFE_MAX = timedelta(days=365)
ONE_TIME = timedelta(days=3)
"""How long a password lasts that an admin has set for somebody."""
SETUP_LIFE = timedelta(days=1)
SIGN_IN_CODE_LIFE = timedelta(minutes=10)

_CORE = re.compile(r"[^a-z]*([a-z].*?)[^a-z]*")


class RuleError(ValueError):
    """A rule is not kept: `code` says which, with its parameters."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(f"{code} {params}")
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}


def folded(login: str) -> str:
    """The one form of a login by which accounts are told apart: NFC, without capitals."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", login).casefold())


def checked_login(text: str) -> str:
    """The login as it is shown: NFC, of letters, digits and `. _ @ + -`.

    Raises:
        RuleError: login_invalid.
    """
    login = unicodedata.normalize("NFC", text)
    fits = LOGIN_CHARS_MIN <= len(login) <= LOGIN_CHARS_MAX and len(folded(login)) <= LOGIN_CHARS_MAX
    if not fits or not all(each.isalnum() or each in "._@+-" or unicodedata.combining(each) for each in login):
        raise RuleError("login_invalid", chars_min=LOGIN_CHARS_MIN, chars_max=LOGIN_CHARS_MAX)
    return login


def checked_name(text: str, chars_max: int = NAME_CHARS_MAX) -> str:
    """A name that people see: NFC, trimmed, one line without control characters.

    Raises:
        RuleError: account_name_invalid.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(name) <= chars_max or any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl") for each in name):
        raise RuleError("account_name_invalid", chars_max=chars_max)
    return name


def checked_password(password: str, login: str) -> str:
    """The password as it is hashed: NFC.

    Raises:
        RuleError: password_length, or password_weak where guessers try it first.
    """
    text = unicodedata.normalize("NFC", password)
    if not PASSWORD_CHARS_MIN <= len(text) <= PASSWORD_CHARS_MAX:
        raise RuleError("password_length", chars_min=PASSWORD_CHARS_MIN, chars_max=PASSWORD_CHARS_MAX)
    if _is_weak(folded(text), folded(login)):
        raise RuleError("password_weak")
    return text


def _is_weak(text: str, login: str) -> bool:
    common = common_passwords()
    if text in common or text[::-1] in common or len(set(text)) < PASSWORD_KINDS_MIN:
        return True
    named = login in text or login.partition("@")[0] in text
    if named and len(text) - len(login) < PASSWORD_CHARS_MIN:
        return True
    core = _CORE.fullmatch(text)
    word = core[1] if core is not None else ""
    return len(word) >= CORE_CHARS_MIN and len(text) - len(word) <= AROUND_CHARS_MAX and word in common


@cache
def common_passwords() -> frozenset[str]:
    """What guessers try first: the 10,000 most common passwords of six and more characters, and longer ones.

    From the lists of zxcvbn (MIT licence), most common first.
    """
    return frozenset(files("storage.accounts").joinpath("common_passwords.txt").read_text("ascii").split())


def permissions(role: Role, scopes: Collection[Permission] | None = None) -> frozenset[Permission]:
    """What a role may do, or a token of somebody with the role: its scopes, and reading, never more than the role."""
    own = OF_ROLE[role]
    return own if scopes is None else own & {"read", *scopes}


def checked_scopes(scopes: Iterable[Permission], own: Collection[Permission]) -> tuple[Permission, ...]:
    """The scopes in their order, each once.

    Raises:
        RuleError: scope_above_role.
    """
    asked = {"read", *scopes}
    if above := [each for each in PERMISSIONS if each in asked and each not in own]:
        raise RuleError("scope_above_role", scopes=", ".join(above))
    return tuple(each for each in PERMISSIONS if each in asked)


def session_lives(created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session that began and was last used then still holds."""
    return now < session_end(created_at, seen_at)


def session_end(created_at: datetime, seen_at: datetime) -> datetime:
    """When a session ends if it is not used again."""
    return min(created_at + LIFE, seen_at + IDLE)


def token_end(now: datetime, asked: datetime | None) -> datetime:
    """When a token ends that is made now.

    Raises:
        RuleError: token_expiry_invalid: in the past, or more than a year away.
    """
    latest = now + TOKEN_LIFE_MAX
    if asked is None:
        return latest
    if not now < asked <= latest:
        raise RuleError("token_expiry_invalid", days_max=TOKEN_LIFE_MAX.days)
    return asked
