"""The link that signs a browser in to this machine's own stack, so that a newcomer need not register first."""

from __future__ import annotations

from deploy.local.home import Home


def sign_in_link(home: Home, api_url: str) -> str:
    """An address that signs a browser in once, for ten minutes; "" where the stack gives none.

    It is made with the token that lies in the home, so whoever can make it can do as much without it.
    """
    from api.client import Client, ClientError

    try:
        token = home.token.read_text("ascii").strip()
        with Client(api_url, token=token) as mo:
            return f"{api_url}/sign-in#code={mo.me.code().code}"
    except (OSError, ValueError, ClientError):
        return ""
