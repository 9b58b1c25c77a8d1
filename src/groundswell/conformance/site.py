"""The HTTP side of the server: what a host application and its users do there, and nothing else."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt

from groundswell.conformance.transcript import Transcript
from groundswell.conformance.verdicts import Failed, skip

AUDIENCE = "groundswell"
MESSAGE = "conformance.said"
"""The type of the messages that checks file."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the host, signed in."""

    id: str
    token: str
    refresh: str

    @property
    def inbox(self) -> str:
        """The topic of the user's own inbox."""
        return f"user.{self.id}.inbox"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the kit was given: the host's API key, the secret that users' tokens are signed with."""

    api_key: str | None = None
    jwt_secret: str | None = None


NO_KEYS = Keys()


class Site:
    """The server at ``url``. Everything that is made is named with ``run`` and can be removed."""

    def __init__(self, url: str, run: str, keys: Keys = NO_KEYS) -> None:
        self.url = url.rstrip("/")
        self.run = run
        self.keys = keys
        self._http = httpx.AsyncClient(base_url=self.url, timeout=20, trust_env=False)
        self._numbers = itertools.count(1)
        self._media: list[int] = []

    @property
    def origin(self) -> str:
        """The origin of the server's own pages."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

    def realtime(self, query: str = "") -> str:
        """The address of the WebSocket."""
        return self.websocket("/v1/realtime", query)

    def websocket(self, path: str, query: str = "") -> str:
        """The address of a path as a WebSocket."""
        return f"ws{self.url.removeprefix('http')}{path}{'?' if query else ''}{query}"

    def name(self, kind: str) -> str:
        """A name that nothing else has, of the characters that an id may have."""
        return f"cf-{self.run}-{kind}-{next(self._numbers)}"

    async def request(
        self, transcript: Transcript, method: str, path: str, **more: Any
    ) -> httpx.Response:
        """One request and its answer, both noted."""
        answer = await self._http.request(method, path, **more)
        transcript.note("http", "→", f"{method} {path} {more.get('json', '')}")
        transcript.note("http", "←", f"{answer.status_code} {answer.text}")
        return answer

    def stream(self, path: str, **more: Any) -> Any:
        """A request whose answer is read as it comes."""
        return self._http.stream("GET", path, **more)

    def as_host(self, **headers: str) -> dict[str, str]:
        """The headers of the host application.

        Raises:
            NotApplicable: there is no API key.
        """
        if self.keys.api_key is None:
            skip("needs an API key")
        return {"authorization": f"Bearer {self.keys.api_key}", **headers}

    async def sign_in(self, transcript: Transcript, user_id: str, **terms: Any) -> User:
        """A session of a user."""
        answer = await self._host(transcript, "/v1/tokens", {"userId": user_id, **terms})
        return User(user_id, answer["accessToken"], answer["refreshToken"])

    def short_lived(self, user_id: str, seconds: float) -> str:
        """A token of the user that ends so soon.

        Raises:
            NotApplicable: the secret that signs tokens is not known.
        """
        if self.keys.jwt_secret is None:
            skip("needs the JWT secret, to sign a token that ends soon")
        ends = time.time() + seconds
        claims = {"sub": user_id, "aud": AUDIENCE, "exp": ends, "jti": self.name("token")}
        return jwt.encode(claims, self.keys.jwt_secret, algorithm="HS256")

    async def register(self, transcript: Transcript) -> int:
        """A new file of no rankings, which is deleted in the end."""
        made = await self._host(transcript, "/v1/media", {"title": self.name("media")})
        self._media.append(made["mediaFileId"])
        return int(made["mediaFileId"])

    async def vote(self, transcript: Transcript, media: int, vote: str = "up") -> None:
        """Somebody new votes on a file."""
        headers = self.as_host(**{"groundswell-user": self.name("voter")})
        await self._act(transcript, "PUT", f"/v1/media/{media}/vote", headers, voteType=vote)

    async def like(self, transcript: Transcript, media: int) -> None:
        """Somebody new downloads a file and votes for it."""
        headers = self.as_host(**{"groundswell-user": self.name("fan")})
        await self._act(transcript, "POST", f"/v1/media/{media}/downloads", headers)
        await self._act(transcript, "PUT", f"/v1/media/{media}/vote", headers, voteType="up")

    async def message(self, transcript: Transcript, user: User, **more: Any) -> str:
        """A critical message to a user; its id."""
        body = {"userId": user.id, "eventType": MESSAGE, "data": {}, "ttlSeconds": 3600, **more}
        answer = await self._host(transcript, "/v1/messages", body)
        return str(answer["messageId"])

    async def clean(self, transcript: Transcript) -> None:
        """Delete what was made."""
        while self._media:
            path = f"/v1/media/{self._media.pop()}"
            await self.request(transcript, "DELETE", path, headers=self.as_host())

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def _host(
        self, transcript: Transcript, path: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        headers = self.as_host()
        return await self._act(transcript, "POST", path, headers, **body)

    async def _act(
        self, transcript: Transcript, method: str, path: str, headers: dict[str, str], **body: Any
    ) -> dict[str, Any]:
        sent = {"json": body} if body else {}
        answer = await self.request(transcript, method, path, headers=headers, **sent)
        _accepted(answer, path)
        return dict(answer.json())


def _accepted(answer: httpx.Response, path: str) -> None:
    if answer.status_code == httpx.codes.CONFLICT and "tokens_issued_elsewhere" in answer.text:
        skip("the server issues no tokens")
    if answer.is_error:
        raise Failed(f"{path} should be accepted, and was answered {answer.status_code}")
