"""What a check has at hand: clients, users, files; all of it ends with the check."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx

from groundswell.conformance.client import SUBPROTOCOL, Client, Message
from groundswell.conformance.site import Site, User
from groundswell.conformance.transcript import Transcript
from groundswell.conformance.verdicts import skip

CAP = 300
"""So many events of a topic are replayed for one request."""

ALL_FEATURES = ("batch", "snapshot", "ping", "digest", "delta-jsonpatch", "ack", "readstate")


class Shared:
    """What several checks need and one of them makes."""

    def __init__(self) -> None:
        self._made: dict[str, asyncio.Future[Any]] = {}

    async def once(self, name: str, make: Callable[[], Awaitable[Any]]) -> Any:
        """What ``make`` makes, made by whoever comes first."""
        if name not in self._made:
            self._made[name] = asyncio.get_running_loop().create_future()
            try:
                self._made[name].set_result(await make())
            except BaseException as error:
                self._made[name].set_exception(error)
                raise
        return await asyncio.shield(self._made[name])


class Kit:
    """The means of one check."""

    def __init__(self, site: Site, shared: Shared, stack: AsyncExitStack) -> None:
        self.site = site
        self.transcript = Transcript()
        self._shared = shared
        self._stack = stack

    async def client(self, query: str = "", **more: Any) -> Client:
        """A connection that said nothing yet."""
        client = await Client.open(self.site.realtime(query), self.transcript, **more)
        self._stack.push_async_callback(client.leave)
        return client

    async def open(self, user: User | None = None, *features: str, **hello: Any) -> Client:
        """A client in a session, signed in as the user."""
        return (await self.welcomed(user, *features, **hello))[0]

    async def welcomed(
        self, user: User | None = None, *features: str, **hello: Any
    ) -> tuple[Client, Message]:
        """A client in a session, and its WELCOME."""
        client = await self.client(subprotocol=SUBPROTOCOL)
        token = {} if user is None else {"token": user.token}
        return client, await client.hello(features=list(features), **token, **hello)

    async def offering(self, feature: str, user: User | None = None, **hello: Any) -> Client:
        """A client in a session with this feature among all others.

        Raises:
            NotApplicable: the server does not offer it.
        """
        wanted = dict.fromkeys([*ALL_FEATURES, feature])
        client, welcome = await self.welcomed(user, *wanted, **hello)
        if feature not in welcome["features"]:
            skip(f"the server does not offer the feature {feature}")
        return client

    async def user(self, **terms: Any) -> User:
        """A new user, signed in; terms are grants, clientId and so on."""
        return await self.sign_in(self.site.name("user"), **terms)

    async def sign_in(self, user_id: str, **terms: Any) -> User:
        """Another session of a user."""
        return await self.site.sign_in(self.transcript, user_id, **terms)

    async def media(self) -> int:
        """A new file."""
        return await self.site.register(self.transcript)

    async def vote(self, media: int, vote: str = "up") -> None:
        """Somebody new votes on a file."""
        await self.site.vote(self.transcript, media, vote)

    async def like(self, media: int) -> None:
        """Somebody new downloads a file and votes for it."""
        await self.site.like(self.transcript, media)

    async def message(self, user: User, **more: Any) -> str:
        """A message to a user; its id."""
        return await self.site.message(self.transcript, user, **more)

    async def messages(self, user: User, count: int, **data: Any) -> list[str]:
        """So many messages to a user, one after the other; their ids."""
        return [await self.message(user, data={"n": n, **data}) for n in range(count)]

    async def long_stream(self) -> User:
        """A user with more messages than are replayed at once; all checks share one."""

        async def make() -> User:
            user = await self.user()
            await asyncio.gather(*(self.messages(user, (CAP + 25) // 5) for _ in range(5)))
            return user

        found: User = await self._shared.once("long stream", make)
        return found

    async def http(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A request and its answer."""
        return await self.site.request(self.transcript, method, path, **more)

    async def enter(self, context: Any) -> Any:
        """Enter a context that is left with the check."""
        return await self._stack.enter_async_context(context)
