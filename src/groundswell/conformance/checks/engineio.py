"""Section 10: Engine.IO 4 and Socket.IO 5 as their documents state them."""

from __future__ import annotations

import asyncio

from groundswell.conformance.check import check
from groundswell.conformance.engine import (
    PONG,
    EngineSocket,
    address,
    open_polling,
    poll,
    post,
    turned_away,
)
from groundswell.conformance.kit import Kit
from groundswell.conformance.verdicts import expect, same, skip

MESSAGE = '42["ping",{"t":%d}]'
"""A request that is answered whatever the rights of a client are."""


@check("10.7", "handshake: polling opens with sid, upgrades, pingInterval, pingTimeout, maxPayload")
async def handshake_polling(kit: Kit) -> None:
    opened = await open_polling(kit)
    expect(isinstance(opened["sid"], str), "sid is a text", opened)
    same(opened["upgrades"], ["websocket"], "upgrades")
    for name in ("pingInterval", "pingTimeout", "maxPayload"):
        expect(isinstance(opened[name], int) and opened[name] > 0, f"{name} is a number", opened)


@check("10.7", "handshake: a WebSocket opens with nothing to upgrade to")
async def handshake_websocket(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    same((await socket.join())["upgrades"], [], "upgrades")


@check("10.7", "handshake: a request without EIO=4, a known transport or sid is refused with 400")
async def handshake_refused(kit: Kit) -> None:
    for query in (
        "transport=polling", "EIO=abc&transport=polling", "EIO=3&transport=polling", "EIO=4",
        "EIO=4&transport=abc", "EIO=4&transport=polling&sid=unknown", "",
    ):  # fmt: skip
        answer = await kit.http("GET", f"/socket.io/?{query}")
        same(answer.status_code, 400, f"the answer to {query!r}")
    for query in ("transport=websocket", "EIO=4", "EIO=4&transport=abc"):
        same(await turned_away(kit, f"/socket.io/?{query}"), 400, f"a WebSocket with {query!r}")
    for method in ("POST", "PUT"):
        answer = await kit.http(method, address())
        same(answer.status_code, 400, f"the answer to a handshake by {method}")


@check("10.7", "heartbeat: pings come at pingInterval over WebSocket", seconds=90)
async def heartbeat_websocket(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    opened = await socket.join()
    interval = _short(opened["pingInterval"])
    await _until_ping(socket, interval * 1.2 + 2)
    await socket.send(PONG)
    await socket.ask("ping")


@check("10.7", "heartbeat: a session that does not answer is closed", seconds=120)
async def heartbeat_unanswered(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    opened = await socket.join()
    socket.answers_pings = False
    wait = _short(opened["pingInterval"]) + _short(opened["pingTimeout"])
    await socket.end(within=wait + 5)


@check(
    "10.7", "heartbeat: a poll gets a ping, and after pingTimeout there is no session", seconds=120
)
async def heartbeat_polling(kit: Kit) -> None:
    opened = await open_polling(kit)
    interval, timeout = _short(opened["pingInterval"]), _short(opened["pingTimeout"])
    await post(kit, opened["sid"], "40")
    packets = await poll(kit, opened["sid"], pings=True)
    async with asyncio.timeout(interval * 1.2 + 5):
        while "2" not in packets:
            packets = await poll(kit, opened["sid"], pings=True)
    await asyncio.sleep(timeout + 2)
    answer = await kit.http("GET", address(sid=opened["sid"]))
    same(answer.status_code, 400, "the answer to a poll after the timeout")


def _short(milliseconds: int) -> float:
    if milliseconds > 40_000:
        skip(f"heartbeats are {milliseconds} ms apart")
    return milliseconds / 1000


async def _until_ping(socket: EngineSocket, within: float) -> None:
    async with asyncio.timeout(within + 1):
        while await socket.next(within, pings=True) != "2":
            pass


@check("10.7", "polling: packets go in one payload each way")
async def payloads(kit: Kit) -> None:
    sid = (await open_polling(kit))["sid"]
    answer = await post(kit, sid, "40", MESSAGE % 1, MESSAGE % 2)
    same((answer.status_code, answer.text), (200, "ok"), "the answer to a POST")
    packets: list[str] = []
    while sum('["pong"' in one for one in packets) < 2:
        packets += await poll(kit, sid)
    expect(packets[0].startswith('40{"sid":'), "the first packet is CONNECT", packets)


@check("10.7", "polling: an invalid payload is answered 400 and ends the session")
async def invalid_payload(kit: Kit) -> None:
    for body in ("abc", "", "9"):
        sid = (await open_polling(kit))["sid"]
        same((await post(kit, sid, body)).status_code, 400, f"the answer to {body!r}")
        answer = await kit.http("GET", address(sid=sid))
        same(answer.status_code, 400, "the answer to a poll afterwards")


@check("10.7", "polling: a body above maxPayload is refused with 413")
async def large_payload(kit: Kit) -> None:
    opened = await open_polling(kit)
    body = "4" * (opened["maxPayload"] + 1)
    same((await post(kit, opened["sid"], body)).status_code, 413, "the answer")


@check("10.7", "polling: a second poll at the same time ends the session")
async def two_polls(kit: Kit) -> None:
    sid = (await open_polling(kit))["sid"]
    first = asyncio.create_task(kit.http("GET", address(sid=sid)))
    await asyncio.sleep(0.3)
    same((await kit.http("GET", address(sid=sid))).status_code, 400, "the second poll")
    same((await first).text, "1", "what the first poll brings")


@check("10.7", "polling: a session is closed by its client")
async def close_polling(kit: Kit) -> None:
    sid = (await open_polling(kit))["sid"]
    waiting = asyncio.create_task(kit.http("GET", address(sid=sid)))
    await asyncio.sleep(0.3)
    same((await post(kit, sid, "1")).status_code, 200, "the answer to CLOSE")
    same((await waiting).text, "6", "what the waiting poll brings")
    same((await kit.http("GET", address(sid=sid))).status_code, 400, "a poll afterwards")


@check("10.7", "WebSocket: an invalid packet ends the session")
async def invalid_packet(kit: Kit) -> None:
    for packet in ("abc", "", "9"):
        socket = await EngineSocket.open(kit)
        await socket.next()
        await socket.send(packet)
        await socket.end()


@check("10.7", "WebSocket: a session is closed by its client")
async def close_websocket(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.next()
    await socket.send("1")
    await socket.end()


@check("10.7", "upgrade: a session moves from polling to WebSocket and nothing is lost")
async def upgrade(kit: Kit) -> None:
    sid = (await open_polling(kit))["sid"]
    await post(kit, sid, "40")
    packets = await poll(kit, sid)
    while '["welcome"' not in str(packets):
        packets = await poll(kit, sid)
    socket = await EngineSocket.open(kit, sid)
    waiting = asyncio.create_task(kit.http("GET", address(sid=sid)))
    await socket.send("2probe")
    same(await socket.next(), "3probe", "the answer to the probe")
    same((await waiting).text, "6", "what the waiting poll is released with")
    await socket.send("5")
    for n in range(3):
        await socket.send(MESSAGE % n)
    for n in range(3):
        same((await socket.event("pong"))["t"], n, "the answers over the WebSocket")


@check("10.7", "upgrade: a probe that fails leaves polling as it was")
async def upgrade_fails(kit: Kit) -> None:
    sid = (await open_polling(kit))["sid"]
    await post(kit, sid, "40")
    await poll(kit, sid)
    socket = await EngineSocket.open(kit, sid)
    await socket.send("4hello")
    await socket.end()
    await post(kit, sid, MESSAGE % 1)
    packets = await poll(kit, sid)
    while '["pong"' not in str(packets):
        packets = await poll(kit, sid)


@check("10.7", "upgrade: a second WebSocket of a session is accepted and closed")
async def second_websocket(kit: Kit) -> None:
    sid = (await open_polling(kit))["sid"]
    socket = await EngineSocket.open(kit, sid)
    await socket.send("2probe")
    await socket.next()
    await socket.send("5")
    await (await EngineSocket.open(kit, sid)).end()
    await socket.connect()


CHECKS = (
    handshake_polling,
    handshake_websocket,
    handshake_refused,
    heartbeat_websocket,
    heartbeat_unanswered,
    heartbeat_polling,
    payloads,
    invalid_payload,
    large_payload,
    two_polls,
    close_polling,
    invalid_packet,
    close_websocket,
    upgrade,
    upgrade_fails,
    second_websocket,
)
