"""Who asks: signing in and out, one's own password, and the tokens that programs carry in one's place."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from api.client.answers import decoded
from api.client.errors import ClientError
from api.client.mode import M
from api.client.naming import choose
from api.client.operation import Noun, operation
from api.resources import Page
from api.resources_accounts import (
    NewToken,
    PasswordWish,
    Session,
    SignIn,
    SignInCode,
    Token,
    TokenWish,
)
from storage.accounts.rules import Permission
from storage.accounts.secrets import read_token


class SignedIn(NamedTuple):
    """Who signed in, and the token that was made of it."""

    session: Session
    token: NewToken


class Me(Noun[M]):
    """`Client.me`."""

    @operation
    async def who(self) -> Session:
        """Who asks, and what they may."""
        return await self._core.read("/session", Session)

    @operation
    async def sign_in(self, login: str, password: str, *, name: str, expires_at: datetime | None = None) -> SignedIn:
        """Make a token called `name` with all that the person may, and carry it from now on; the password is not kept.

        Raises:
            ProblemError: login or password is wrong (`sign_in_failed`), or there were too many attempts.
        """
        answer = await self._core.once("POST", "/session", SignIn(login=login, password=password), proof={})
        session = decoded(answer, Session)
        signed_in = {"Cookie": answer.headers.get("set-cookie", "").partition(";")[0]}
        wish = TokenWish(name=name, scopes=session.permissions, expires_at=expires_at)
        try:
            token = decoded(await self._core.once("POST", "/tokens", wish, proof=signed_in), NewToken)
        finally:
            # left alone it ends by itself, and who signs in need not care
            with suppress(ClientError):
                await self._core.once("DELETE", "/session", proof=signed_in)
        self._core.carry(token.text)
        return SignedIn(session, token)

    @operation
    async def end(self, token: str) -> None:
        """Revoke a token, with itself as the proof; a text that is none is passed over."""
        if (said := read_token(token)) is not None:
            await self._core.once("DELETE", f"/tokens/{said.id}", proof={"Authorization": f"Bearer {token}"})

    @operation
    async def set_password(self, new: str, old: str | None = None) -> None:
        """Another password; every browser is signed out. `old` may be left out only where there is none yet."""
        await self._core.once("PUT", "/session/password", PasswordWish(new=new, old=old))

    @operation
    async def code(self) -> SignInCode:
        """A code that signs a browser in once as the person who asks: `/sign-in#code=...`; of embedded stacks alone."""
        return decoded(await self._core.once("POST", "/session/code"), SignInCode)


class Tokens(Noun[M]):
    """`Client.tokens`: those of the person who asks."""

    @operation
    async def list(self) -> Page[Token]:
        """All of them, newest first."""
        return await self._core.read("/tokens", Page[Token])

    @operation
    async def new(self, name: str, scopes: Sequence[Permission], *, expires_at: datetime | None = None) -> NewToken:
        """A token with these scopes, for a year if no end is given; its text is never said again."""
        wish = TokenWish(name=name, scopes=[*scopes], expires_at=expires_at)
        return decoded(await self._core.once("POST", "/tokens", wish), NewToken)

    @operation
    async def find(self, text: str) -> Token:
        """The token with this id, unique beginning of one, or exact name; raises as `naming.choose`."""
        page = await self._core.read("/tokens", Page[Token])
        return choose("token", text, page.items, lambda token: (token.name,))

    @operation
    async def revoke(self, id_: UUID) -> None:
        """End a token at once."""
        await self._core.once("DELETE", f"/tokens/{id_}")
