"""Section 10: Socket.IO 5 as its document states it."""

from __future__ import annotations

from groundswell.conformance.check import check
from groundswell.conformance.engine import (
    EngineSocket,
)
from groundswell.conformance.kit import Kit
from groundswell.conformance.verdicts import Failed, expect


@check("10.8", "CONNECT is answered with a sid, with and without auth")
async def joins(kit: Kit) -> None:
    await (await EngineSocket.open(kit)).join()
    await (await EngineSocket.open(kit)).join(clientId="phone")


@check("10.8", "an unknown namespace is refused with an object")
async def unknown_namespace(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.next()
    await socket.send("40/random,")
    answer = str(await socket.next())
    expect(answer.startswith('44/random,{"message":'), "a CONNECT_ERROR with a message", answer)


@check("10.8", "a client that does not begin with CONNECT is closed")
async def no_connect(kit: Kit) -> None:
    for first in ("4abc", '42["message",1]', "41", "44{}", "40[]"):
        socket = await EngineSocket.open(kit)
        await socket.next()
        await socket.send(first)
        await socket.end()


@check("10.8", "who joins no namespace in time is closed", seconds=60)
async def joins_nothing(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.next()
    await socket.end(within=40)


@check("10.8", "an acknowledgement has the number of its event")
async def acknowledgement(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.join()
    await socket.send('42789["ping",{"t":5}]')
    packet = str(await socket.next())
    while not packet.startswith("43"):
        packet = str(await socket.next())
    expect(packet.startswith("43789["), "the acknowledgement is number 789", packet)


@check("10.8", "binary parts follow their packet")
async def binary(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.join()
    await socket.send('451-7["ping",{"t":"x","part":{"_placeholder":true,"num":0}}]')
    await socket.send(b"\x01\x02\x03")
    packet = str(await socket.next())
    while not packet.startswith("437["):
        packet = str(await socket.next())


@check("10.8", "binary parts that were not announced, or that lack, end the session")
async def binary_wrong(kit: Kit) -> None:
    for packets in (
        (b"x",),
        ('451-["ping",{"_placeholder":true,"num":0}]', '42["ping"]'),
        ('451-["ping",{"_placeholder":true,"num":1}]', b"x"),
        ('451-["ping",{"_placeholder":true,"num":"0"}]', b"x"),
    ):
        socket = await EngineSocket.open(kit)
        await socket.join()
        for packet in packets:
            await socket.send(packet)
        await socket.end()


@check("10.8", "a packet that does not suit its type ends the session")
async def wrong_packets(kit: Kit) -> None:
    for packet in ("42{}", "42[]", "42[{}]", '42["message"', "41{}", "47[]", "42" + "[" * 50_000):
        socket = await EngineSocket.open(kit)
        await socket.join()
        await socket.send(packet)
        try:
            await socket.end()
        except Failed as error:
            raise Failed(f"{error}, after {packet[:20]!r}") from None


@check("10.8", "DISCONNECT leaves the namespace and keeps the session; it may be joined again")
async def leaves(kit: Kit) -> None:
    socket = await EngineSocket.open(kit)
    await socket.join()
    await socket.send("41")
    await socket.send("40")
    packet = str(await socket.next())
    while not packet.startswith('40{"sid":'):
        packet = str(await socket.next())
    await socket.ask("ping")


CHECKS = (
    joins,
    unknown_namespace,
    no_connect,
    joins_nothing,
    acknowledgement,
    binary,
    binary_wrong,
    wrong_packets,
    leaves,
)
