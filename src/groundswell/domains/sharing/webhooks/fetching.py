"""Getting documents from servers that the operator named."""

from __future__ import annotations

from typing import Any, Final

import httpx
import msgspec

SECONDS: Final = 3.0
LARGEST: Final = 256 * 1024
_ACCEPTED = (
    "application/activity+json, "
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
)


async def fetch_json(url: str) -> Any:
    """The JSON at an address. Redirects are not followed: they could lead anywhere.

    Raises:
        OSError: the server does not answer as it should, within three seconds.
        ValueError: what it answers is no JSON, or too much.
    """
    try:
        async with (
            httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers={"accept": _ACCEPTED}) as answer,
        ):
            if answer.status_code != 200:
                raise OSError(f"answered with {answer.status_code}")
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > LARGEST:
                    raise ValueError("the document is too large")
    except httpx.HTTPError as error:
        raise OSError("the server does not answer") from error
    return msgspec.json.decode(bytes(body))
