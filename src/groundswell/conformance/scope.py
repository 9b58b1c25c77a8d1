"""A place where users of a check are present."""

from __future__ import annotations

import asyncio

from groundswell.conformance.client import Client
from groundswell.conformance.kit import Kit
from groundswell.conformance.site import User
from groundswell.conformance.verdicts import same, skip


class Scope:
    """A scope of presence that is open to those whose token names it."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self.topic = f"presence.{kit.site.name('scope')}"
        self.users: list[User] = []

    async def enter(self, device: str, *, incognito: bool = False) -> Client:
        """Somebody new, present under this client id.

        Raises:
            NotApplicable: the server offers no presence, or not to users like these.
        """
        actions = ["subscribe", "history", "presence"]
        user = await self._kit.user(grants=[{"topics": [self.topic], "actions": actions}])
        client = await self._kit.offering("presence", user, clientId=device)
        fields = {"topic": self.topic, "op": "enter", "incognito": incognito}
        await client.say("PRESENCE", ref="enter", **fields)
        while (answer := await client.hear()).get("ref") != "enter":
            pass
        if answer["type"] == "ERROR" and answer["code"] in (1103, 1503):
            skip("no scope is open to users that have nothing to do with each other")
        same(answer["type"], "PRESENCE_STATE", "the answer to PRESENCE enter")
        self.users.append(user)
        return client

    async def counted(self, client: Client, wanted: int) -> None:
        """Wait until so many are present."""
        for _ in range(50):
            state = await client.ask("PRESENCE", "PRESENCE_STATE", topic=self.topic, op="count")
            if state["count"] == wanted:
                return
            await asyncio.sleep(0.1)
        same(state["count"], wanted, "how many are present")
