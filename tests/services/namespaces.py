"""A network of its own for clients: a namespace of the kernel behind a link that can be spoilt."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

CLONE_NEWNET = 0x40000000
PROGRAMS = ("ip", "tc", "nft")


class Unavailable(Exception):
    """This machine does not let us make networks; the message says why."""


class Network:
    """Two ends of a wire: the server's machine at ``address``, the clients in a namespace.

    ``socket`` makes sockets whose packets travel over that wire, for use in this process.
    """

    def __init__(self) -> None:
        token = uuid4().hex[:8]
        self._name = f"groundswell-{token}"
        self._here, self._there = f"gs{token}h", f"gs{token}c"
        # From the block for documentation; a number of its own, as several tests may run at once.
        subnet = int(token[:2], 16) & 0xFC
        self.address = f"192.0.2.{subnet + 1}"
        self._client_address = f"192.0.2.{subnet + 2}"
        self._inside = ThreadPoolExecutor(1, initializer=self._enter)

    def open(self) -> None:
        """Make it.

        Raises:
            Unavailable: this needs root, and the programs ip, tc and nft.
        """
        if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
            raise Unavailable(f"not installed: {', '.join(missing)}")
        run = self._run
        run("ip", "netns", "add", self._name)
        try:
            run("ip", "link", "add", self._here, "type", "veth", "peer", "name", self._there)
            run("ip", "link", "set", self._there, "netns", self._name)
            run("ip", "addr", "add", f"{self.address}/30", "dev", self._here)
            run("ip", "link", "set", self._here, "up")
            self._in("ip", "addr", "add", f"{self._client_address}/30", "dev", self._there)
            self._in("ip", "link", "set", self._there, "up")
            self.heal()
        except Unavailable:
            self.close()
            raise

    def close(self) -> None:
        """Take it away, with its end of the wire."""
        self._inside.shutdown()
        subprocess.run(["ip", "netns", "del", self._name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self._here], check=False, capture_output=True)

    def socket(self, about: tuple[Any, ...]) -> socket.socket:
        """A socket in the clients' network, for what ``getaddrinfo`` found."""
        family, kind, protocol = about[:3]
        made = self._inside.submit(socket.socket, family, kind, protocol).result()
        made.setblocking(False)
        return made

    def heal(self) -> None:
        """The wire is up, loses nothing and is as fast as it can be."""
        self._rules("")
        subprocess.run(
            ["tc", "qdisc", "del", "dev", self._here, "root"], check=False, capture_output=True
        )
        self.up()

    def lose(self, percent: int) -> None:
        """Drop so many of the packets that come to the clients, drawn by the kernel."""
        self._rules(f"numgen random mod 100 < {percent} drop")

    def reset(self) -> None:
        """Answer all that comes to the clients as if they had never connected."""
        self._rules("ip protocol tcp reject with tcp reset")

    def slow(self, kilobits: int, wait_ms: int = 400) -> None:
        """Let so much pass to the clients in a second; what would wait longer is dropped."""
        rate = ["rate", f"{kilobits}kbit", "burst", "8kb", "latency", f"{wait_ms}ms"]
        self._run("tc", "qdisc", "replace", "dev", self._here, "root", "tbf", *rate)

    def down(self) -> None:
        """Pull the plug: nothing passes, and nobody is told."""
        self._run("ip", "link", "set", self._here, "down")

    def up(self) -> None:
        """Put the plug in again."""
        self._run("ip", "link", "set", self._here, "up")

    def _rules(self, rule: str) -> None:
        chain = f"chain arriving {{\ntype filter hook input priority 0\n{rule}\n}}"
        table = f"table inet weather {{\n{chain}\n}}\n"
        self._in("nft", f"table inet weather {{}}\ndelete table inet weather\n{table}")

    def _in(self, *command: str) -> None:
        self._run("ip", "netns", "exec", self._name, *command)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable(f"{' '.join(command)}: {done.stderr.strip()}")

    def _enter(self) -> None:
        """Of the one thread that makes sockets; they stay in the network they were made in."""
        descriptor = os.open(Path("/var/run/netns") / self._name, os.O_RDONLY)
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(descriptor, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(descriptor)


@pytest.fixture
def network() -> Iterator[Network]:
    """A network whose wire can be spoilt; where this is not allowed the test says so and skips."""
    made = Network()
    try:
        made.open()
    except Unavailable as reason:
        pytest.skip(f"needs network namespaces (root): {reason}")
    try:
        yield made
    finally:
        made.close()
