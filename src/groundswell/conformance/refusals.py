"""Being refused, topic by topic or for good."""

from __future__ import annotations

from groundswell.conformance.client import Client, Closed, Message
from groundswell.conformance.verdicts import fail, same


def topic_refused(results: dict[str, Message], topic: str, code: int) -> None:
    """Go on only if a topic of SUBSCRIBED is refused with this error.

    Raises:
        Failed: it is heard, or refused with another one.
    """
    result = results[topic]
    if result["ok"] or result["error"]["code"] != code:
        fail(f"{topic} should be refused with {code}", result)


async def sent_away(client: Client, error: int, code: int) -> None:
    """Wait until the client is told why and the connection is closed.

    Raises:
        Failed: the ERROR or the close code is another one.
    """
    told: list[Message] = []
    try:
        while True:
            told.append(await client.hear())
    except Closed as closed:
        same(closed.code, code, "the close code")
    if not any(one["type"] == "ERROR" and one["code"] == error for one in told):
        fail(f"ERROR {error} should come before the close", told)
