"""Section 10: the protocol over Socket.IO, and places that go from door to door."""

from __future__ import annotations

import json

from groundswell.conformance.check import check
from groundswell.conformance.engine import EngineSocket, open_polling, poll, post
from groundswell.conformance.kit import Kit
from groundswell.conformance.verdicts import expect, same


@check("10.6", "connect is followed by welcome; auth.token names the user")
async def welcome(kit: Kit) -> None:
    user = await kit.user()
    socket = await EngineSocket.open(kit)
    await socket.join(token=user.token, clientId="phone")
    same((await socket.event("welcome"))["user"], user.id, "the user of welcome")


@check("10.6", "a wrong token is refused by CONNECT_ERROR with the ERROR as data")
async def wrong_token(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.next()
    await socket.send('40{"token":"nonsense"}')
    answer = str(await socket.next())
    expect(answer.startswith("44{"), "CONNECT is answered by CONNECT_ERROR", answer)
    told = json.loads(answer[2:])
    same(told["data"]["code"], 1101, "the code of its data")
    expect(told["message"], "there is a message", told)


@check("10.6", "subscribe is acknowledged with SUBSCRIBED, and event tells EVENTs")
async def subscribe(kit: Kit) -> None:
    user = await kit.user()
    socket = await EngineSocket.open(kit)
    await socket.join(token=user.token)
    answer = await socket.ask("subscribe", topics=[user.inbox, "user.1.inbox"])
    same(answer["type"], "SUBSCRIBED", "the acknowledgement")
    same([one["ok"] for one in answer["topics"].values()], [True, False], "the results")
    await socket.event("caught_up", topic=user.inbox)
    id_ = await kit.message(user)
    same((await socket.event("event"))["id"], id_, "the event")


@check("10.6", "a request that is refused is acknowledged with its ERROR")
async def refused(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.join()
    answer = await socket.ask("history", topic="user.1.inbox")
    same((answer["type"], answer["code"]), ("ERROR", 1103), "the acknowledgement")


@check("10.6", "an EVENT is the same over polling and over WebSocket")
async def same_everywhere(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    await client.hold(user.inbox)
    sid = (await open_polling(kit))["sid"]
    await post(kit, sid, f"40{json.dumps({'token': user.token})}")
    await post(kit, sid, f'42["subscribe",{{"topics":["{user.inbox}"]}}]')
    packets = await poll(kit, sid)
    while '["caught_up"' not in str(packets):
        packets = await poll(kit, sid)
    await kit.message(user, data={"text": "ø\u2028€😀"})
    packets = await poll(kit, sid)
    await client.events(user.inbox, 1)
    same(packets, [f'42["event",{client.raw[-1]}]'], "the packet of the event")


@check("10.6", "ping is acknowledged with PONG")
async def ping(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.join()
    answer = await socket.ask("ping", t=3)
    same((answer["type"], answer["t"]), ("PONG", 3), "the acknowledgement")


@check("10.6", "a connection that the server ends is told why by the event close")
async def close(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.join(token=(await kit.user()).token)
    other = (await kit.user()).token
    await socket.send(f"42{json.dumps(['refresh', {'token': other}])}")
    same((await socket.event("close"))["code"], 4001, "the code")


@check("7.6", "a place from one door is good on another", seconds=45)
async def places(kit: Kit) -> None:
    user = await kit.user()
    client = await kit.open(user)
    held = await client.hold(user.inbox)
    await kit.message(user)
    (event,) = await client.events(user.inbox, 1)
    await client.leave()
    ids = await kit.messages(user, 2)
    place = {"epoch": held["epoch"], "offset": event["offset"]}
    socket = await EngineSocket.open(kit)
    await socket.join(token=user.token)
    options = {"resume": {user.inbox: place}}
    answer = await socket.ask("subscribe", topics=[user.inbox], options=options)
    result = answer["topics"][user.inbox]
    same((result["recovery"], result["replay"]), ("complete", 2), "recovery and replay")
    told = [(await socket.event("event"))["id"] for _ in range(2)]
    same(told, ids, "what was missed")


CHECKS = (welcome, wrong_token, subscribe, refused, same_everywhere, ping, close, places)
