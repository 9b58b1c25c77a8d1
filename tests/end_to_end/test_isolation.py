"""A token for one user never receives a byte of another's topics (section 2).

While somebody's private messages flow, others try everything at all four doors of a real server.
The messages hold a marker; no ear but the owner's may ever have heard it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import quote

import jwt
import pytest

from tests.end_to_end.ears import Ear, Ears, Headers
from tests.end_to_end.service import Service
from tests.services.server import SECRET

VICTIM = "victim"
THIEF = "mallory"
INBOX = f"user.{VICTIM}.inbox"
MARKER = "the-marker-of-the-victim"
OWN = "a-message-for-mallory"

IO = "/socket.io/?EIO=4&transport=websocket"
DOORS = ("websocket", "socketio", "stream", "poll")


def spellings() -> list[str]:
    """Every way to write the topic that is not its name."""
    twisted = INBOX.replace("i", "ı").replace("o", "о")  # noqa: RUF001 - lookalikes on purpose
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in INBOX)
    return [
        "*",
        "user.*",
        "user.*.inbox",
        f"user.{VICTIM}.*",
        "user.*.*",
        "**",
        "#",
        ">",
        "user.+.inbox",
        f"user.{VICTIM[:-1]}?.inbox",
        f"user.[{VICTIM[0]}]{VICTIM[1:]}.inbox",
        f"user.{VICTIM}.inbox.",
        f".user.{VICTIM}.inbox",
        f"user..{VICTIM}.inbox",
        f"user.{VICTIM}..inbox",
        f" {INBOX}",
        f"{INBOX} ",
        f"{INBOX}\t",
        f"{INBOX}\n",
        f"{INBOX}\r\n",
        f"{INBOX}\x00",
        f"{INBOX}\x00.{THIEF}",
        f"\ufeff{INBOX}",
        f"{INBOX}\u200b",
        f"user.{VICTIM}\u200d.inbox",
        f"{INBOX}\u00a0",
        f"\u202e{INBOX}",
        INBOX.upper(),
        f"User.{VICTIM}.inbox",
        f"user.{VICTIM.title()}.inbox",
        f"user.{VICTIM}.Inbox",
        INBOX.replace(".", "\u2024"),
        INBOX.replace(".", "\uff0e"),
        INBOX.replace(".", "\u3002"),
        INBOX.replace(".", "/"),
        INBOX.replace(".", ":"),
        twisted,
        wide,
        f"user.{VICTIM}\u0301.inbox",
        quote(INBOX, safe="").replace(".", "%2e"),
        f"user%2E{VICTIM}%2Einbox",
        f"user.%76{VICTIM[1:]}.inbox",
        f"user.%2576{VICTIM[1:]}.inbox",
        f"user.\\u0076{VICTIM[1:]}.inbox",
        f"user.{THIEF}/../{VICTIM}.inbox",
        f"user.{THIEF}.{VICTIM}.inbox",
        f"user.{THIEF}.inbox.{INBOX}",
        f"../{INBOX}",
        f"./{INBOX}",
        f"{INBOX};user.{THIEF}.inbox",
        f"{INBOX}|user.{THIEF}.inbox",
        f"{INBOX}?user={THIEF}",
        f"{INBOX}#{THIEF}",
        f"{INBOX}{{}}",
        f"user.{{{VICTIM}}}.inbox",
        f"user.me.inbox' OR user='{VICTIM}",
        f"{INBOX}" + "x" * 300,
        "user." * 60 + INBOX,
        "",
        ".",
        "..",
        "user",
        f"user.{VICTIM}",
        INBOX,
        f"user.{VICTIM}.social",
        f"user.{VICTIM}.referrals",
        f"user.{VICTIM}.network",
        f"presence.{VICTIM}",
        f"presence.user-{VICTIM}",
        f"program.{VICTIM}.updates",
    ]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One server for all attempts: who may hear what does not depend on the database."""
    directory = tmp_path_factory.mktemp("isolation")
    made = Service(
        f"sqlite:///{directory / 'groundswell.db'}",
        log=directory / "log",
        GROUNDSWELL_JWT_SECRET=SECRET,
    )
    try:
        made.start()
        yield made
    finally:
        made.kill()


class Scene:
    """The victim at every door, and the means of the thief."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.ears = Ears(service)
        self.theirs = Ears(service)
        self.victim: dict[str, Any] = {}
        self.thief: dict[str, Any] = {}
        self.owner: list[Ear] = []
        self.ids: list[str] = []

    async def open(self) -> None:
        self.victim = await self.service.tokens(VICTIM)
        self.thief = await self.service.tokens(THIEF)
        headers = _bearer(self.victim)
        socket, ear = await self.theirs.gateway(headers, clientId="phone")
        await socket.send(_subscribe([INBOX], "phone"))
        await ear.until('"type":"CAUGHT_UP"')
        _, stream = await self.theirs.stream(f"/v1/stream?topics={INBOX}", headers)
        await stream.until("CAUGHT_UP")
        _, poll = await self.theirs.polling([INBOX], headers)
        other, io = await self.theirs.socketio(headers)
        await other.send(f"42{json.dumps(['subscribe', {'topics': [INBOX]}])}")
        await io.until("caught_up")
        self.owner = [ear, stream, poll, io]

    async def message(self, user_id: str, text: str) -> str:
        async with self.service.host() as host:
            body = {"userId": user_id, "eventType": "test.said", "data": {"text": text}}
            answer = await host.post("/v1/messages", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["messageId"])

    async def betray(self, *controls: Ear) -> None:
        """Tell the victim secrets; then wait until all who may have heard something did.

        ``controls`` are ears of the thief that must hear their own message, which comes last: a
        door that would have told the secret had the time to.
        """
        number = len(self.ids)
        for one in range(3):
            self.ids.append(await self.message(VICTIM, f"{MARKER}-{number + one}"))
        await self.message(THIEF, f"{OWN}-{number}")
        for ear in self.owner:
            await ear.until(f"{MARKER}-{number + 2}")
        for ear in controls:
            await ear.until(f"{OWN}-{number}")

    def assert_silence(self) -> None:
        """Nobody but the owner heard anything, and the owner did."""
        assert self.ids, "nothing was told"
        for ear in self.ears.all:
            assert MARKER.encode() not in ear.heard, (ear.name, bytes(ear.heard)[-2_000:])
            for one in self.ids:
                assert one.encode() not in ear.heard, ear.name


@pytest.fixture
async def scene(running: Service) -> AsyncIterator[Scene]:
    made = Scene(running)
    async with made.ears, made.theirs:
        await made.open()
        yield made


def _bearer(tokens: dict[str, Any] | str) -> Headers:
    token = tokens if isinstance(tokens, str) else tokens["accessToken"]
    return {"authorization": f"Bearer {token}"}


def _subscribe(topics: list[Any], client_id: str = "x", **options: Any) -> str:
    return json.dumps(
        {"type": "SUBSCRIBE", "topics": topics, "clientId": client_id, "options": options}
    )


async def _try_topics(scene: Scene, door: str, headers: Headers, topics: list[Any]) -> Ear | None:
    """Ask for topics at a door; where many may be asked for at once, all at once."""
    if door == "websocket":
        socket, ear = await scene.ears.gateway(headers)
        await socket.send(_subscribe(topics, history=100, snapshot=True))
        return ear
    if door == "socketio":
        socket, ear = await scene.ears.socketio(headers)
        body = {"topics": topics, "options": {"history": 100}}
        await socket.send("42" + json.dumps(["subscribe", body]))
        return ear
    if door == "poll":
        # One text that is refused as such would cost the others their attempt.
        texts = [one for one in topics if not (isinstance(one, str) and "\0" in one)]
        for one in topics:
            if one not in texts:
                await scene.ears.polling([one], headers)
        shape = texts if isinstance(topics, list) else topics
        return (await scene.ears.polling(shape, headers))[1]
    for topic in topics:
        query = quote(str(topic), safe="")
        await scene.ears.stream(f"/v1/stream?topics={query}&last_event_id=x.0", headers)
        await scene.ears.stream(f"/v1/stream?topics=activity,{query}", headers)
    return None


@pytest.mark.parametrize("who", ["visitor", THIEF])
@pytest.mark.parametrize("door", DOORS)
async def test_no_spelling_of_a_topic_opens_it(scene: Scene, door: str, who: str) -> None:
    headers = _bearer(scene.thief) if who == THIEF else {}
    await scene.betray()
    tried = spellings()
    await _try_topics(scene, door, headers, tried)
    controls = []
    if who == THIEF:
        control = await _try_topics(scene, door, headers, [f"user.{THIEF}.inbox"])
        controls = [control or scene.ears.all[-2]]
    await scene.betray(*controls)
    scene.assert_silence()


@pytest.mark.parametrize("door", ["websocket", "socketio", "poll"])
@pytest.mark.parametrize(
    "topics",
    [
        [[INBOX]],
        [{"topic": INBOX}],
        [{"$ne": None}],
        [None, INBOX],
        [True],
        {"0": INBOX},
        INBOX,
        [INBOX] * 500,
        [7, INBOX],
    ],
)
async def test_topics_of_another_shape_open_nothing(scene: Scene, door: str, topics: Any) -> None:
    await _try_topics(scene, door, _bearer(scene.thief), topics)
    await scene.betray()
    scene.assert_silence()


@pytest.mark.parametrize(
    "query",
    [
        f"topics=activity&topics={INBOX}",
        f"topics={INBOX}&topics=activity",
        f"topics[]={INBOX}",
        f"topics=activity%2C{INBOX}",
        f"topics=activity%252C{INBOX}",
        f"topics=activity,{INBOX}%00",
        f"TOPICS={INBOX}&topics=activity",
        f"topics=activity;topics={INBOX}",
        f"topics=activity&userId={VICTIM}&sub={VICTIM}",
        f"topics={INBOX}&last_event_id=1.0",
        f"topics=activity&resume={INBOX}:x:0",
        f"topics=user.{THIEF}.inbox&resume={INBOX}:x:0&clientId=phone",
        f"topics=user.{THIEF}.inbox&clientId=phone&last_event_id=x.0",
    ],
)
async def test_no_query_opens_a_stream(scene: Scene, query: str) -> None:
    await scene.betray()
    for headers in (_bearer(scene.thief), {}):
        await scene.ears.stream(f"/v1/stream?{query}", headers)
        await scene.ears.stream(f"/v1/activity/stream?{query}", headers)
    await scene.betray()
    scene.assert_silence()


def _signed(key: Any = SECRET, algorithm: str = "HS256", headers: Any = None, **claims: Any) -> str:
    body = {"sub": VICTIM, "aud": "groundswell", "exp": int(time.time()) + 600, **claims}
    return jwt.encode(
        {name: value for name, value in body.items() if value is not None},
        key,
        algorithm=algorithm,
        headers=headers,
    )


def _unsigned(algorithm: str) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    body = {"sub": VICTIM, "aud": "groundswell", "exp": int(time.time()) + 600}
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(body)}."


def _resigned(scene: Scene) -> str:
    """The thief's own token with the victim's name in it."""
    head, body, signature = scene.thief["accessToken"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    text = json.dumps(claims | {"sub": VICTIM}).encode()
    return f"{head}.{base64.urlsafe_b64encode(text).rstrip(b'=').decode()}.{signature}"


FORGERIES: dict[str, Callable[[Scene], str]] = {
    "expired": lambda _: _signed(exp=int(time.time()) - 1),
    "without an end": lambda _: _signed(exp=None),
    "not yet valid": lambda _: _signed(nbf=int(time.time()) + 300),
    "for somewhere else": lambda _: _signed(aud="elsewhere"),
    "for nowhere": lambda _: _signed(aud=None),
    "under another key": lambda _: _signed("another-key-of-at-least-thirty-two-bytes!"),
    "under another algorithm": lambda _: _signed(algorithm="HS512"),
    "unsigned": lambda _: _unsigned("none"),
    "unsigned, in capitals": lambda _: _unsigned("NONE"),
    "signature left out": lambda _: _unsigned("HS256"),
    "with a key of its own": lambda _: _signed(
        "another-key-of-at-least-thirty-two-bytes!", headers={"jwk": {"kty": "oct", "k": "YQ"}}
    ),
    "with another's name written in": _resigned,
    "of two users": lambda _: _signed(sub=[THIEF, VICTIM]),
    "a refresh token": lambda scene: str(scene.thief["refreshToken"]),
    "with broken grants": lambda _: _signed(grants=[{"topics": ["*"], "actions": ["subscribe"]}]),
    "with grants for others": lambda _: _signed(
        sub=THIEF,
        grants=[{"topics": [INBOX, f"user.{VICTIM}.*"], "actions": ["subscribe", "history"]}],
    ),
}


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@pytest.mark.parametrize("forgery", FORGERIES)
async def test_no_token_that_does_not_count_opens_anything(scene: Scene, forgery: str) -> None:
    await scene.betray()
    token = FORGERIES[forgery](scene)
    await scene.ears.stream(f"/v1/stream?topics={INBOX}&last_event_id=x.0", _bearer(token))
    await scene.ears.polling([INBOX], _bearer(token))
    for path in (f"/v1/stream?topics={INBOX}&token={token}", f"/v1/poll?cursor=x&token={token}"):
        await scene.ears.stream(path, {})
    hello = {"type": "HELLO", "protocol": 1, "token": token, "clientId": "x"}
    subscribe = "42" + json.dumps(["subscribe", {"topics": [INBOX]}])
    for headers in (_bearer(token), {}):
        asked = (json.dumps(hello), _subscribe([INBOX], history=100))
        await scene.ears.attempt("/v1/realtime", headers, *asked)
        await scene.ears.attempt(IO, headers, "40" + json.dumps({"token": token}), subscribe)
    await scene.ears.attempt(f"/v1/realtime?token={token}", {}, *asked)
    for name in ("groundswell-user", "x-user", "x-forwarded-user"):
        await scene.ears.stream(f"/v1/stream?topics={INBOX}", _bearer(scene.thief) | {name: VICTIM})
    await scene.betray()
    scene.assert_silence()


@pytest.mark.parametrize("door", DOORS)
async def test_a_token_of_an_ended_session_hears_no_more(scene: Scene, door: str) -> None:
    """Somebody stole a token and listens; the session ends, and within a second so does that."""
    stolen = await scene.service.tokens(VICTIM)
    ear = await _try_topics(scene, door, _bearer(stolen), [INBOX]) or scene.ears.all[-2]
    await scene.message(VICTIM, "before the end")
    await ear.until("before the end")
    async with scene.service.visitor("192.0.2.1") as anybody:
        body = {"refreshToken": stolen["refreshToken"]}
        assert (await anybody.post("/v1/tokens/revoke", json=body)).status_code == 204
    ear.heard.clear()
    await scene.betray()
    async with asyncio.timeout(3):
        await ear.ended.wait()
    await _try_topics_refused(scene, door, _bearer(stolen))
    await scene.betray()
    scene.assert_silence()


async def _try_topics_refused(scene: Scene, door: str, headers: Headers) -> None:
    if door in ("stream", "poll"):
        await _try_topics(scene, door, headers, [INBOX])
        return
    if door == "websocket":
        await scene.ears.attempt("/v1/realtime", headers, _subscribe([INBOX], history=100))
        return
    body = {"topics": [INBOX], "options": {"history": 100}}
    await scene.ears.attempt(IO, headers, "40{}", "42" + json.dumps(["subscribe", body]))


@pytest.mark.parametrize("door", DOORS)
async def test_a_token_that_ends_hears_no_more(scene: Scene, door: str) -> None:
    token = _signed(exp=int(time.time()) + 3, sid="a-session", jti="one")
    ear = await _try_topics(scene, door, _bearer(token), [INBOX]) or scene.ears.all[-2]
    await scene.message(VICTIM, "before the end")
    await ear.until("before the end")
    ends = jwt.decode(token, options={"verify_signature": False})["exp"]
    await asyncio.sleep(max(0.0, ends - time.time()) + 0.05)
    ear.heard.clear()
    await scene.betray()
    await _try_topics_refused(scene, door, _bearer(token))
    await scene.betray()
    scene.assert_silence()


@pytest.mark.parametrize("door", DOORS)
async def test_a_token_that_was_rotated_away_from_a_thief_is_of_no_use(
    scene: Scene, door: str
) -> None:
    """The thief uses a stolen refresh token; its owner does too, and the family ends."""
    first = await scene.service.tokens(VICTIM)
    async with scene.service.visitor("192.0.2.1") as anybody:
        body = {"refreshToken": first["refreshToken"]}
        stolen = (await anybody.post("/v1/tokens/refresh", json=body)).json()
        assert (await anybody.post("/v1/tokens/refresh", json=body)).status_code == 401
    await _try_topics_refused(scene, door, _bearer(stolen))
    await scene.betray()
    scene.assert_silence()


async def test_what_belongs_to_another_is_of_no_use(scene: Scene) -> None:
    """Tickets, resume tokens, cursors, event ids, device names."""
    victim, thief = _bearer(scene.victim), _bearer(scene.thief)
    await scene.betray()
    async with scene.service.client(headers=victim) as client:
        page = {"origin": "https://app.example"}
        tickets = [
            (await client.post("/v1/realtime/tickets", headers=page)).json()["ticket"]
            for _ in range(4)
        ]
        registered = await client.post("/v1/poll/register", json={"topics": [INBOX]})
        cursor = registered.json()["cursor"]
    resume_token = json.loads(
        bytes(scene.owner[0].heard).decode().partition('"resumeToken":')[2].partition(",")[0]
    )
    epoch = bytes(scene.owner[0].heard).decode().partition('"epoch":"')[2].partition('"')[0]
    evil = {"origin": "https://evil.example"}
    await scene.ears.stream(f"/v1/stream?topics={INBOX}&ticket={tickets[0]}", evil)
    await scene.ears.stream(f"/v1/stream?topics={INBOX}&ticket={tickets[0]}", page)
    await scene.ears.stream(f"/v1/stream?topics={INBOX}&ticket={tickets[1]}", thief | page)
    await scene.ears.request("poll", "GET", f"/v1/poll?cursor={cursor}&waitMs=0", thief)
    await scene.ears.request("poll", "GET", f"/v1/poll?cursor={cursor}&waitMs=0", {})
    await scene.ears.request(
        "poll", "GET", f"/v1/poll?cursor={cursor}&waitMs=0&ticket={tickets[2]}", evil
    )
    for headers in (thief, {}):
        resume = f"{INBOX}:{epoch}:0"
        await scene.ears.stream(f"/v1/stream?topics={INBOX}&resume={resume}", headers)
        await scene.ears.stream(f"/v1/stream?topics=activity&resume={resume}", headers)
        body = {
            "topics": [INBOX, "activity"],
            "resume": {INBOX: {"epoch": epoch, "offset": 0}},
            "clientId": "phone",
        }
        await scene.ears.request("register", "POST", "/v1/poll/register", headers, json=body)
        for client_id in ("phone", "other"):
            await scene.ears.gateway(headers, clientId=client_id, resumeToken=resume_token)
            socket, _ = await scene.ears.gateway(headers, clientId=client_id)
            await socket.send(_subscribe([INBOX], client_id, resume={INBOX: _at(epoch, 0)}))
        await scene.ears.socketio(headers, clientId="phone", resumeToken=resume_token)
    await asyncio.sleep(2.5)  # A restored session begins its topics after two seconds.
    await scene.betray()
    scene.assert_silence()
    assert not scene.owner[0].ended.is_set()


def _at(epoch: str, offset: int) -> dict[str, Any]:
    return {"epoch": epoch, "offset": offset}


async def test_no_request_about_anothers_topic_or_messages_is_served(scene: Scene) -> None:
    await scene.betray()
    thief = _bearer(scene.thief)
    requests: list[dict[str, Any]] = [
        {"type": "HISTORY", "topic": INBOX, "limit": 100},
        {"type": "HISTORY", "topic": INBOX, "after": _at("x", 0), "limit": 100},
        {"type": "HISTORY", "topic": f"user.{VICTIM}.*", "limit": 100},
        {"type": "PRESENCE", "topic": f"presence.{VICTIM}", "op": "list"},
        {"type": "PRESENCE", "topic": INBOX, "op": "list"},
        {"type": "TRACK", "topic": INBOX, "keys": ["test.said"]},
        {"type": "ACK", "ids": scene.ids},
        {"type": "ACK", "topic": INBOX, "offset": 3},
        {"type": "READ", "ids": scene.ids, "state": "dismissed"},
        {"type": "READ", "topic": INBOX, "upTo": 3, "state": "dismissed"},
        {"type": "PUBLISH", "messages": [{"key": "k", "action": INBOX, "data": {}}]},
        {"type": "UNSUBSCRIBE", "topics": [INBOX]},
        {"type": "REFRESH", "token": scene.thief["accessToken"]},
    ]
    for headers in (thief, {}):
        features = ["ack", "readstate", "presence", "batch"]
        socket, _ = await scene.ears.gateway(headers, clientId="phone", features=features)
        other, _ = await scene.ears.socketio(headers, clientId="tablet", features=features)
        for body in requests:
            await socket.send(json.dumps(body))
            fields = {name: value for name, value in body.items() if name != "type"}
            await other.send("42" + json.dumps([body["type"].lower(), fields]))
        ids = {"clientId": "phone", "ids": scene.ids}
        status, body = await scene.ears.request(
            "ack", "POST", "/v1/me/inbox/ack", headers, json=ids
        )
        assert status in (200, 401), body
        await scene.ears.request(
            "read", "POST", "/v1/me/inbox/read", headers, json=ids | {"state": "dismissed"}
        )
        for query in ("", f"?userId={VICTIM}", f"?user={VICTIM}", "?after=-1"):
            await scene.ears.request("inbox", "GET", f"/v1/me/inbox{query}", headers)
        await scene.ears.request(
            "write",
            "POST",
            "/v1/messages",
            headers,
            json={"userId": VICTIM, "eventType": "test.said", "data": {}},
        )
    await scene.betray()
    # What is asked with the ids must not be answered with more of them than were sent.
    for ear in scene.ears.all:
        assert MARKER.encode() not in ear.heard, ear.name
    states = await _states(scene)
    assert [states[one] for one in scene.ids] == ["unread"] * len(scene.ids)


async def _states(scene: Scene) -> dict[str, str]:
    """The state of every message of the victim."""
    found, after = dict[str, str](), 0
    async with scene.service.client(headers=_bearer(scene.victim)) as client:
        while True:
            page = await client.get("/v1/me/inbox", params={"limit": 50, "after": after})
            items = page.json()["items"]
            if not items:
                return found
            found |= {item["id"]: item["state"] for item in items}
            after = items[-1]["seq"]


@pytest.mark.parametrize("switch", ["HELLO", "REFRESH", "both tokens"])
async def test_a_connection_does_not_change_its_user(scene: Scene, switch: str) -> None:
    """Whoever holds two tokens may not go over to the second on what the first began."""
    eve = await scene.service.tokens("eve")
    socket, ear = await scene.ears.gateway(_bearer(scene.thief), clientId="x")
    await socket.send(_subscribe([f"user.{THIEF}.inbox", INBOX]))
    if switch == "REFRESH":
        await socket.send(json.dumps({"type": "REFRESH", "token": eve["accessToken"]}))
        await ear.until("closed 4001")
    elif switch == "HELLO":
        hello = {"type": "HELLO", "protocol": 1, "token": eve["accessToken"], "clientId": "x"}
        await socket.send(json.dumps(hello))
        await ear.until('"type":"ERROR"')
    else:
        other, ear = await scene.ears.websocket(_bearer(scene.thief))
        hello = {"type": "HELLO", "protocol": 1, "token": eve["accessToken"], "clientId": "x"}
        await other.send(json.dumps(hello))
        await ear.until("closed 4001")
    io, told = await scene.ears.socketio(_bearer(scene.thief))
    await io.send("42" + json.dumps(["refresh", {"token": eve["accessToken"]}]))
    await told.until("4001")
    await scene.betray()
    scene.assert_silence()


async def test_a_session_of_polls_is_not_taken_over_with_another_token(scene: Scene) -> None:
    """Whoever reads a session's id in a log and shows who they are gets nothing from it."""
    path = "/socket.io/?EIO=4&transport=polling"
    async with scene.service.client(headers=_bearer(scene.victim)) as client:
        sid = json.loads((await client.get(path)).text[1:])["sid"]
        await client.post(f"{path}&sid={sid}", content="40{}")
        body = json.dumps(["subscribe", {"topics": [INBOX], "options": {"history": 10}}])
        await client.post(f"{path}&sid={sid}", content=f"42{body}")
        await scene.betray()
        thief = _bearer(scene.thief)
        stolen = f"{path}&sid={sid}"
        for headers in (thief, _bearer("nonsense"), _bearer(_signed(exp=1))):
            status, _ = await scene.ears.request("poll", "GET", stolen, headers)
            assert status == 403
            status, _ = await scene.ears.request("post", "POST", stolen, headers, content="3")
            assert status == 403
        await _refused_upgrade(scene, f"/socket.io/?EIO=4&transport=websocket&sid={sid}", thief)
        heard = (await client.get(stolen, timeout=10)).text
        while MARKER not in heard:
            heard += (await client.get(stolen, timeout=10)).text
    scene.assert_silence()


async def _refused_upgrade(scene: Scene, path: str, headers: Headers) -> None:
    with pytest.raises(Exception, match="403"):
        await scene.ears.websocket(headers, path)


@pytest.mark.parametrize("door", DOORS)
async def test_a_token_of_few_grants_hears_only_what_it_was_granted(
    scene: Scene, door: str
) -> None:
    """The victim gave a token for one thing away; the rest of its topics stays closed to it."""
    async with scene.service.host() as host:
        body = {
            "userId": VICTIM,
            "grants": [{"topics": ["activity", "user.victim.social"], "actions": ["subscribe"]}],
        }
        narrow = (await host.post("/v1/tokens", json=body)).json()
    await scene.betray()
    await _try_topics(scene, door, _bearer(narrow), [INBOX, "activity"])
    async with scene.service.client(headers=_bearer(narrow)) as client:
        ticket = (await client.post("/v1/realtime/tickets")).json()["ticket"]
    await scene.ears.stream(f"/v1/stream?topics={INBOX}&ticket={ticket}", {})
    await scene.betray()
    scene.assert_silence()
